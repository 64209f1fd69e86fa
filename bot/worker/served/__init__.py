"""A story model that another program serves, over the API that OpenAI made common."""
