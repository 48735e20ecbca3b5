"""Where runs are shown: the notebook's widget and saved HTML, the terminal, and the magic that starts them."""
