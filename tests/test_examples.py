"""The examples of the streams' design, as a user writes them: what is printed and returned, whole."""

from __future__ import annotations

import threading

import pytest
from models import PATIENCE, Gate, Scripted, Whole

from desiru_notebook import (
    EOF,
    FieldDelta,
    Prediction,
    ProviderError,
    StreamingChainOfThought,
    StreamTimeout,
    TimedBuffer,
    TokenStream,
)

THOUGHT = [
    *("Reasoning:", " Molecules", " of", " air", " are", " small", ".", "\n\n"),
    *("They", " scatter", " short", " waves", "."),
]
CONCLUSION = ["\n", "Answer:", " Short", " waves", " are", " blue", "."]
REASONING = "Molecules of air are small.\n\nThey scatter short waves."
SKY = Prediction({"reasoning": REASONING, "answer": "Short waves are blue."}, outputs=["reasoning", "answer"])


def ask(model: object) -> StreamingChainOfThought:
    return StreamingChainOfThought("question -> answer", model=model)


class TestReasoningIsPrintedInRealTime:
    def test_each_word_is_printed_before_the_model_says_the_next_one(self, capsys):
        first, second, last = Gate(), Gate(), Gate()
        gates = iter([first, second, last])
        printed = []

        def show(delta: FieldDelta) -> None:
            if delta.field == "reasoning":
                print(delta, end="", flush=True)
                printed.append(capsys.readouterr().out)
                next(gates).open()

        model = Scripted(["Reasoning: Air", first, " scatters", second, " waves", last, "\nAnswer: Blue"])
        prediction = ask(model).forward_stream(show, question="Why is the sky blue?")
        assert printed == ["Air", " scatters", " waves"]
        assert prediction == {"reasoning": "Air scatters waves", "answer": "Blue"}

    def test_all_of_it_is_printed_and_nothing_else(self, capsys):
        def show(delta: FieldDelta) -> None:
            if delta.field == "reasoning":
                print(delta, end="", flush=True)

        prediction = ask(Scripted(THOUGHT + CONCLUSION)).forward_stream(show, question="Why is the sky blue?")
        assert (capsys.readouterr().out, prediction) == (REASONING, SKY)


class TestBlankTokensAreFilteredAndTheOthersBatchedByTen:
    def test_those_of_a_run(self):
        stream = ask(Scripted(THOUGHT + CONCLUSION)).create_stream(question="Why is the sky blue?")
        assert list(stream.filter(lambda token: str(token).strip()).batch(10)) == [
            FieldDelta("reasoning", "Molecules of air are small.\n\nThey scatter short waves"),
            FieldDelta("reasoning", "."),
            FieldDelta("answer", "Short waves are blue."),
        ]
        assert str(stream) == REASONING + "Short waves are blue."

    def test_those_of_a_stream_of_one_s_own(self):
        stream: TokenStream[str] = TokenStream()
        for token in ["a", "", *"bcdefg", " ", *"hij", "\n", *"kl"]:
            stream.append(token)
        stream.complete()
        assert list(stream.filter(str.strip).batch(10)) == ["abcdefghij", "kl"]


class TestAThreadWritesAndAReaderIsPatientForSoLong:
    def test_what_it_writes_is_read_to_the_end(self):
        buffer: TimedBuffer[str] = TimedBuffer(timeout=PATIENCE, maxsize=4)

        def write() -> None:
            for delta in ask(Scripted(THOUGHT + CONCLUSION)).create_stream(question="Why is the sky blue?"):
                buffer.write(str(delta))
            buffer.complete()

        writer = threading.Thread(target=write)
        writer.start()
        tokens = []
        while (token := buffer.read()) is not EOF:
            tokens.append(token)
        writer.join(PATIENCE)
        reasoning = ["Molecules", " of", " air", " are", " small", ".", "\n\nThey", " scatter", " short", " waves", "."]
        assert tokens == [*reasoning, "Short", " waves", " are", " blue", "."]

    def test_a_read_gives_up_while_the_writer_says_nothing_and_goes_on_when_it_does(self):
        buffer: TimedBuffer[str] = TimedBuffer(timeout=0.01)
        late = threading.Event()

        def write() -> None:
            late.wait(PATIENCE)
            buffer.write("Air")
            buffer.complete()

        writer = threading.Thread(target=write)
        writer.start()
        with pytest.raises(StreamTimeout, match=r"Nothing was written for 0\.01 s"):
            buffer.read()
        late.set()
        writer.join(PATIENCE)
        assert list(buffer) == ["Air"]

    def test_the_reader_hears_of_what_befell_the_writer_behind_what_it_wrote(self):
        buffer: TimedBuffer[str] = TimedBuffer(timeout=PATIENCE)

        def write() -> None:
            try:
                for delta in ask(Scripted(["Reasoning: Air", KeyError("broken")])).create_stream(question="Why?"):
                    buffer.write(str(delta))
            except Exception as error:
                buffer.fail(error)

        threading.Thread(target=write).start()
        assert buffer.read() == "Air"
        with pytest.raises(ProviderError, match="scripted failed with KeyError: 'broken'") as raised:
            buffer.read()
        assert raised.value.partial == {"reasoning": "Air"}


class TestAModelThatCannotStreamAnswersThroughTheSameCall:
    @pytest.mark.parametrize("model", [Scripted, Whole])
    def test_the_prediction_and_what_was_handed_on_are_the_same(self, model, capsys):
        prediction = ask(model(THOUGHT + CONCLUSION)).forward_stream(
            lambda token: print(token, end=""), question="Why is the sky blue?"
        )
        assert (capsys.readouterr().out, prediction) == (REASONING + "Short waves are blue.", SKY)
        assert prediction.stats.streamed is (model is Scripted)

    def test_its_whole_answer_comes_a_field_at_a_time(self):
        stream = ask(Whole(["".join(THOUGHT + CONCLUSION)])).create_stream(question="Why is the sky blue?")
        assert list(stream) == [FieldDelta("reasoning", REASONING), FieldDelta("answer", "Short waves are blue.")]
