"""The contestants: small servers, each in its own file and written for the best simple use of its library.

All do one thing: whoever connects to `/ws/NAME` is in the room NAME, and each text that somebody sends there
goes to everybody there, the sender too. Parley and python-socketio say the same in their own words.
"""
