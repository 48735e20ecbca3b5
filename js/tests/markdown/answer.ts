/** A text as a model writes it, with everything that our Markdown has. */
export const ANSWER = String.raw`# Sorting, in *short*

You can sort a list **in place** with ${"`list.sort()`"}, or make a new one with ${"`sorted()`"} — see [the
manual](https://docs.python.org/3/howto/sorting.html "Sorting") or <https://docs.python.org>.
Both are *stable*, and ~~slow~~ take $O(n \log n)$ steps: 5 $ and 7$ are prices.

Setext too
----------

1. First, the **data**:

   ${"```python"}
   def key(row: dict) -> int:
       """The row's age.

       Raises KeyError."""
       return row["age"]  # years
   ${"```"}

2. Then the sort
   - nested *item*
     - deeper, with a [reference][sort] and a [later one]
   - [x] done
   - [ ] to do
3. At last:

       indented code

       after a blank line

| Method | In place | Steps |
|:-------|:--------:|------:|
| ${"`sort`"} | yes \| no | $n \log n$ |
| **sorted** | no |

> Note: a quote with a list
> * one
> * two
lazily continued

$$
\int_0^1 x^2 \, dx = \frac{1}{3}
$$

Inline display $$a^2$$ and \(b\) and \[c\].
A hard break\
and another  
here. ![A diagram](https://example.com/a_b.png) &amp; &copy; &#x41; <b>no HTML</b>

\[ x = y \]

~~~
no language
~~~

***

[sort]: https://example.com/sort 'Title'
[later one]: <https://example.com/later>
Visit https://example.com/a_(b), or http://user@evil.example!
# Closed #
`;
