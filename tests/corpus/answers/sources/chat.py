PROMPT = """
<think>
{reasoning}
</think>
"""
TEMPERATURE = 0.7
