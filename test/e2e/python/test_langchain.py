import openai
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI

from cross import GATEWAY, Answer, Cross, headers, tests


class Talk:
    def __init__(self, llm, tools, schema):
        self.history = []
        if tools:
            llm = llm.bind_tools([{"type": "function", "function": t} for t in tools])
        if schema:
            form = {"name": "city", "strict": True, "schema": schema}
            llm = llm.bind(response_format={"type": "json_schema", "json_schema": form})
        self.llm = llm

    def took(self, message):
        self.history.append(message)
        usage = message.usage_metadata
        self.last = Answer(
            text=message.text,
            calls=[(call["id"], call["name"], call["args"]) for call in message.tool_calls],
            finish=message.response_metadata.get("finish_reason"),
            usage=(usage["input_tokens"], usage["output_tokens"]),
        )
        return self.last

    def say(self, words, image=None):
        picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}}
        self.history.append(HumanMessage([{"type": "text", "text": words}, picture] if image else words))
        return self.took(self.llm.invoke(self.history))

    def results(self, texts, calls):
        self.history += [ToolMessage(text, tool_call_id=call[0]) for call, text in zip(calls, texts, strict=True)]
        return self.took(self.llm.invoke(self.history))

    def stream(self, words):
        self.history.append(HumanMessage(words))
        whole = None
        for chunk in self.llm.stream(self.history):
            whole = chunk if whole is None else whole + chunk
            if chunk.text:
                yield chunk.text
        self.took(whole)


class LangChain(Cross):
    name = "langchain-openai"
    dialect = "chat"
    finish = {"stop": "stop", "calls": "tool_calls"}
    errors = {400: openai.BadRequestError, 401: openai.AuthenticationError, 429: openai.RateLimitError, "stream": openai.APIError}
    hides = frozenset({"thought", "proof"})  # ChatOpenAI keeps only the members OpenAI itself has

    def talk(self, target, tools=None, schema=None, think=False):
        llm = ChatOpenAI(
            model=target["model"], api_key=target["key"], base_url=f"{GATEWAY}/v1", max_retries=0,
            default_headers=headers(target), stream_usage=True, use_responses_api=False,
        )  # fmt: skip
        return Talk(llm, tools, schema)


LangChainOpenAI = tests(LangChain)
del LangChain
