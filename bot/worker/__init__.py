"""The child process: the ASGI app, the scheduler and the models in it. `python -m bot.worker`."""
