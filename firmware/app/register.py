"""The lifetime register in Wh: it never falls, whatever the meter's own counter does."""


class Register:
    def __init__(self, base_wh: int, high_wh: int) -> None:
        """`base_wh`: what is added to the counter of the meter; `high_wh`: the highest value ever reported."""
        self.base_wh = base_wh
        self.total_wh = high_wh
        self.known = False

    def update(self, counter_wh: int) -> bool:
        """Takes a reading; True when the base changed and has to be saved.

        A counter that fell (chip reset, meter replaced) is taken up where it now stands: nothing is counted twice, and
        what flowed between the reset and this reading is not charged.
        """
        total = self.base_wh + counter_wh
        rebased = total < self.total_wh
        if rebased:
            self.base_wh = self.total_wh - counter_wh
        else:
            self.total_wh = total
        self.known = True
        return rebased
