"""Class archives (一期一档): everything about one class in one package that reads and proves itself without us."""
