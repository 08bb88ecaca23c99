"""The demo: the real centre, the real box and practice cameras, as the processes they are, for one short lesson hour.

Nothing is passed behind anybody's back: the box knows the cameras by their address only, the people are counted by the
detector, trainees check in through the phone's endpoint. Only the rules are short, and every page says so.
"""
