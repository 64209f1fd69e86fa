"""The child process: the ASGI app, the step loop and the models in it. `python -m bot.worker`."""
