"""One invented file for each shape in which figures arrive, with its declaration and answers."""
