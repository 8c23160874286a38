"""Text from a character model of a text dataset, one character at a time, for the examples that train one."""

import random


def sample(client, run, prompt, count, window, temperature=0.8, seed=1):
    """Goes on with a prompt: each character is drawn from what POST /v1/runs/{id}/predictions gives for the last window.

    A text shorter than the window is filled up behind with spaces, at which no model looks that reads from left to right.
    """
    draw = random.Random(seed)
    text = prompt
    for _ in range(count):
        context = text[-window:]
        answer = client.post(f"/v1/runs/{run['id']}/predictions", {"inputs": [context.ljust(window)]})
        probabilities = answer["outputs"][0][len(context) - 1]
        weights = [p ** (1 / temperature) for p in probabilities]
        text += draw.choices(answer["classes"], weights)[0]
    return text
