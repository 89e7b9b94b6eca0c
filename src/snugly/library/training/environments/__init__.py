"""``gymnasium`` and ``gym``: environments by their spaces, wrappers, and several environments side by side."""

LIBRARY = ("gymnasium", "gym", "stable_baselines3", "minigrid", "pettingzoo", "gymnasium_robotics", "ale_py")
