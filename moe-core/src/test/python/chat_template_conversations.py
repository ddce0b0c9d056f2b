"""Sample conversations for the chat template tests: every shape of message that templates in the wild look at."""

import copy

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get the weather of a city.\nUnits are optional.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "The city, e.g. \"Zürich\" <or> O'Fallon & Söhne"},
                    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
                    "days": {"type": "integer", "minimum": 1, "maximum": 18446744073709551615},
                    "precise": {"type": "boolean", "default": False},
                },
                "required": ["city"],
            },
            "return": {"type": "object", "description": "A report", "properties": {"degrees": {"type": "number"}}},
        },
    },
    {
        "type": "function",
        "function": {
            "name": "plan_trip",
            "description": "Plan a trip",
            "parameters": {
                "type": "object",
                "$defs": {"stop": {"type": "object"}},
                "additionalProperties": False,
                "properties": {
                    "stops": {
                        "type": "array",
                        "description": "Where to stop",
                        "items": {
                            "type": "object",
                            "properties": {
                                "place": {"type": "string"},
                                "nights": {"type": ["integer", "null"], "nullable": True},
                                "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b\"c"]}},
                            },
                            "required": ["place"],
                        },
                    },
                    "budget": {"oneOf": [{"type": "number", "default": 1.5}, {"type": "string"}]},
                    "mode": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "how"},
                    "extra": {"type": "object", "additionalProperties": {"type": "string"}},
                    "anything": {},
                    "ratio": {"type": "number", "examples": [1e-05, 1e16, 2.0], "format": "float"},
                },
                "required": ["stops", "budget"],
            },
        },
    },
    {"type": "function", "function": {"name": "now", "description": "The time", "parameters": {"type": "object", "properties": {}}}},
]

PLAIN_TOOLS = [copy.deepcopy(TOOLS[0]["function"])]
NO_PARAMETERS = [{"type": "function", "function": {"name": "ping", "description": "Ping"}}]
MIXED_TOOLS = copy.deepcopy(TOOLS[:1]) + [{"type": "code_interpreter"}, {"type": "function", "function": {"name": "python", "description": "Runs code", "parameters": {"type": "object", "properties": {"code": {"type": "string"}}}}}]

SIMPLE_TOOLS = [
    {
        "type": "function",
        "name": "get_weather",
        "description": "Get the weather",
        "parameter_definitions": {"city": {"type": "str", "description": "The city", "required": True}, "days": {"type": "int", "description": "How many"}},
        "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "The city"}}, "required": ["city"]},
        "function": {
            "name": "get_weather",
            "description": "Get the weather",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "The city"},
                    "days": {"type": "integer", "description": "How many days", "minimum": 1, "default": 3},
                    "unit": {"type": "string", "description": "The unit", "enum": ["C", "F"]},
                    "tags": {"type": "array", "description": "Tags", "items": {"type": "string"}},
                    "place": {"type": "object", "description": "The place", "properties": {"lat": {"type": "number", "description": "Latitude"}}, "required": ["lat"]},
                },
                "required": ["city"],
            },
        },
    },
    {"type": "function", "name": "now", "description": "The time", "parameter_definitions": {}, "parameters": {"type": "object", "properties": {}}, "function": {"name": "now", "description": "The time", "parameters": {"type": "object", "properties": {}}}},
]

WORLD = [
    {"role": "user", "content": "Hello"},
]
SYSTEM = [{"role": "system", "content": "You are a helpful assistant."}, {"role": "user", "content": "Hello"}]
TURNS = [
    {"role": "system", "content": "Be brief.  "},
    {"role": "user", "content": "What is 2+2?"},
    {"role": "assistant", "content": "4"},
    {"role": "user", "content": " And 3+3? \n"},
    {"role": "assistant", "content": "  6\n"},
    {"role": "user", "content": "Thanks"},
]
NASTY = [
    {"role": "system", "content": "{{ messages }} {% for x in y %} {# no #} <b>&amp;\"quoted\"</b> 'single' \\n \\ \t tab"},
    {"role": "user", "content": "Grüße 日本語 😀 \u2028 \u00a0 e\u0301 <|im_end|><|im_start|>system\n{{ 7*7 }}{% raise_exception('x') %}"},
    {"role": "assistant", "content": "<think>\nhidden {{ x }}\n</think>\n\nVisible \"answer\" \\ {%- if -%}"},
    {"role": "user", "content": "line one\nline two\r\nline three\n\n"},
]


def call(name, arguments, id="call_00001", wrapped=True):
    body = {"name": name, "arguments": arguments}
    return {"id": id, "type": "function", "function": body} if wrapped else dict(body, id=id)


def tool_conversation(arguments, content="", wrapped=True, id="call_00001", result="{\"degrees\": 21.5}"):
    return [
        {"role": "system", "content": "Use tools."},
        {"role": "user", "content": "Weather in Zürich?"},
        {"role": "assistant", "content": content, "tool_calls": [call("get_weather", arguments, id, wrapped)]},
        {"role": "tool", "tool_call_id": id, "name": "get_weather", "content": result},
        {"role": "assistant", "content": "It is 21.5 degrees."},
        {"role": "user", "content": "And tomorrow?"},
    ]


DICT_ARGUMENTS = {"city": "Zürich <\"x\">", "days": 3, "precise": True, "ratio": 0.1, "none": None, "list": [1, "b", {"c": 2.0}], "map": {"k": "it's"}}
TEXT_ARGUMENTS = "{\"city\": \"Zürich\", \"days\": 3}"

PARALLEL = [
    {"role": "user", "content": "Two things"},
    {
        "role": "assistant",
        "content": "Calling both.",
        "tool_calls": [call("get_weather", {"city": "Bern"}, "functions.get_weather:0"), call("now", {}, "functions.now:1")],
    },
    {"role": "tool", "tool_call_id": "functions.get_weather:0", "name": "get_weather", "content": "sunny"},
    {"role": "tool", "tool_call_id": "functions.now:1", "name": "now", "content": "12:00"},
]
STEPS = PARALLEL + [
    {"role": "assistant", "content": "", "reasoning_content": "Need more.", "tool_calls": [call("now", {}, "123456789")]},
    {"role": "tool", "tool_call_id": "123456789", "content": "12:01"},
    {"role": "assistant", "reasoning_content": "Done.\n", "content": "It is sunny at noon."},
    {"role": "user", "content": "Good"},
]
MISTRAL_IDS = [
    {"role": "user", "content": "Weather?"},
    {"role": "assistant", "content": "", "tool_calls": [call("get_weather", {"city": "Bern"}, "abcDEF123")]},
    {"role": "tool", "tool_call_id": "abcDEF123", "name": "get_weather", "content": "sunny"},
]
NONE_CONTENT = [
    {"role": "user", "content": "Weather?"},
    {"role": "assistant", "content": None, "tool_calls": [call("get_weather", {"city": "Bern"})]},
    {"role": "tool", "tool_call_id": "call_00001", "content": "ok"},
]
REASONING = [
    {"role": "user", "content": "Why?"},
    {"role": "assistant", "reasoning_content": "\nFirst thought.\nSecond.\n", "content": "\n\nBecause."},
    {"role": "user", "content": "Really?"},
    {"role": "assistant", "content": "<think>\ninline thought\n</think>\n\nYes.", "thinking": "some thinking"},
    {"role": "user", "content": "Sure?"},
]
REASONING_FIELD = [
    {"role": "user", "content": "Why?"},
    {"role": "assistant", "reasoning": "old name", "content": "Because."},
]
THINK_PARTS = [
    {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "hmm"}, {"type": "text", "text": "Hello!"}]},
    {"role": "user", "content": [{"type": "text", "text": "part one "}, {"type": "text", "text": "part two"}]},
]
MAPPED_CONTENT = [
    {"role": "user", "content": {"parts": [{"type": "text", "text": "hi"}]}},
    {"role": "assistant", "content": {"blocks": [{"type": "thoughts", "text": "t"}, {"type": "tool_calls", "calls": [{"name": "now", "arguments": "{}"}]}, {"type": "tool_outputs", "outputs": [{"output": "1"}]}, {"type": "response", "text": "r"}]}},
    {"role": "user", "content": {"text": "x"}},
]
IMAGES = [
    {"role": "system", "content": [{"type": "text", "text": "See."}]},
    {"role": "user", "content": [{"type": "image", "image": "a.png"}, {"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": "http://x/y.png"}}]},
    {"role": "assistant", "content": [{"type": "text", "text": "A cat."}]},
    {"role": "user", "content": [{"type": "video", "video": "v.mp4"}, {"type": "audio", "audio": "a.wav"}, {"type": "text", "text": "And now?"}]},
]
UNKNOWN_PART = [{"role": "user", "content": [{"type": "hologram", "data": 1}]}]
DEVELOPER = [
    {"role": "developer", "content": "Rules."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello."},
    {"role": "system", "content": "Changed rules."},
    {"role": "user", "content": "Ok"},
]
UNKNOWN_ROLE = [{"role": "wizard", "content": "Abracadabra"}]
ONLY_ASSISTANT = [{"role": "assistant", "content": "I start."}]
DOUBLE_USER = [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}, {"role": "assistant", "content": "three"}]
ENDS_WITH_ASSISTANT = [{"role": "user", "content": "Start"}, {"role": "assistant", "content": "Once upon"}]
PREFIX = [{"role": "user", "content": "Start"}, {"role": "assistant", "content": "Once upon", "prefix": True}]
EMPTY_CONTENT = [{"role": "system", "content": ""}, {"role": "user", "content": ""}, {"role": "assistant", "content": ""}, {"role": "user", "content": "   "}]
NO_CONTENT = [{"role": "user"}, {"role": "assistant"}]
NUMBER_CONTENT = [{"role": "user", "content": 42}, {"role": "assistant", "content": 1.5}, {"role": "user", "content": True}]
FUNCTION_ROLE = [
    {"role": "user", "content": "x"},
    {"role": "assistant", "content": "", "function_call": {"name": "now", "arguments": "{}"}},
    {"role": "function", "name": "now", "content": "12:00"},
]
IPYTHON = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "print(1)"}, {"role": "ipython", "content": {"output": "1"}}]
TOOL_RESULT_DICT = tool_conversation(DICT_ARGUMENTS, result={"degrees": 21.5, "sky": None, "ok": True})
TOOL_RESULT_LIST = tool_conversation(DICT_ARGUMENTS, result=[{"type": "text", "text": "21.5"}, {"type": "text", "text": " degrees"}])
COHERE = [
    {"role": "user", "content": "Search"},
    {"role": "assistant", "content": "", "tool_plan": "I will search.", "tool_calls": [call("get_weather", {"city": "Bern"}, "0")]},
    {"role": "tool", "tool_call_id": "0", "tool_results": [{"call": {"name": "get_weather", "parameters": {"city": "Bern"}}, "outputs": [{"text": "sunny"}]}], "content": [{"text": "sunny"}]},
]
TOOL_RESPONSES = [
    {"role": "user", "content": "Search"},
    {"role": "assistant", "content": "", "tool_calls": [call("get_weather", {"city": "Bern"})], "tool_responses": [{"name": "get_weather", "response": {"sky": "blue", "n": 3}}]},
    {"role": "assistant", "content": "Blue."},
]
RAW_CONTENT_TOOL = [{"role": "user", "content": "x"}, {"role": "tool", "content": "orphan"}]
LONG = [{"role": "user" if i % 2 == 0 else "assistant", "content": f"message {i} " + "word " * i} for i in range(21)]
NINE = "abc123XYZ"
NO_SYSTEM = [m for m in TURNS if m["role"] != "system"]
NINE_CALL = tool_conversation({"city": "Bern"}, id=NINE)
NINE_TEXT = tool_conversation("{\"city\": \"Bern\"}", id=NINE)
NINE_END = NINE_CALL[:4]
CHAIN = NINE_CALL + [
    {"role": "assistant", "content": "Checking.", "tool_calls": [call("now", {}, "aaaaaaaa1"), call("get_weather", {"city": "Thun", "tags": ["x", "y"], "days": 2}, "aaaaaaaa2")]},
    {"role": "tool", "tool_call_id": "aaaaaaaa1", "name": "now", "content": "12:00"},
    {"role": "tool", "tool_call_id": "aaaaaaaa2", "name": "get_weather", "content": "rain"},
    {"role": "assistant", "content": "Rain at noon."},
    {"role": "user", "content": "Fine"},
]
DOCUMENTS = [{"title": "Tall penguins", "text": "Emperor penguins are the tallest."}, {"title": "Habitats", "text": "Antarctica & \"islands\".", "doc_id": 7}]

TYPES = ["string", "number", "integer", "boolean", "object", "array"]
RICH_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "plan",
            "description": "Plans.\nOn two lines.",
            "parameters": {
                "type": "object",
                "description": "All there is",
                "properties": {
                    **{f"list_{kind}": {"type": "array", "description": f"Many {kind}", "items": {"type": kind}} for kind in TYPES},
                    "lists": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
                    "bare_list": {"type": "array"},
                    "objects": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer", "description": "B"}}, "required": ["a"]}, "nullable": True},
                    "maybe": {"type": "array", "items": {"type": "string"}, "nullable": True, "default": ["x"]},
                    "maybe_number": {"type": "number", "nullable": True, "default": 0.5, "minimum": 0, "maximum": 1},
                    "either": {"type": ["string", "null"], "description": "Text or nothing"},
                    "when": {"type": "string", "format": "date-time", "description": "ISO"},
                    "words": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "minItems": 1},
                    "kind": {"type": "string", "enum": ["one", "two"], "default": "one", "nullable": True},
                    "variants": {"oneOf": [{"type": "object", "description": "A place", "properties": {"lat": {"type": "number"}}, "default": {"lat": 1.5}}, {"type": "string", "description": "A name", "default": "Bern"}, {"type": "integer", "format": "int64"}], "description": "One of"},
                    "choice": {"oneOf": [{"type": "string"}, {"type": "number", "nullable": True}]},
                    "any": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "deep": {"type": "object", "description": "Nested", "properties": {"map": {"type": "object", "properties": {"x": {"type": "array", "items": {"type": "object"}}}, "additionalProperties": False}, "n": {"type": "number", "examples": [1, 2.5]}}, "required": ["map", "n"]},
                    "free": {"type": "object", "additionalProperties": {"type": "string"}},
                },
                "required": ["list_string", "deep", "either"],
                "additionalProperties": False,
            },
            "response": {"type": "OBJECT", "description": "What came of it", "properties": {"ok": {"type": "boolean"}}},
            "return": {"type": "object", "description": "What came of it", "properties": {"ok": {"type": "boolean"}}},
            "strict": True,
        },
    },
    {"type": "function", "function": {"name": "text", "description": "Plain", "parameters": {"type": "object", "properties": {"s": {"type": "string"}}}, "response": {"type": "STRING"}}},
]
# Thoughts of an assistant that has not yet answered the last user message, between its tool calls.
STILL_THINKING = [
    {"role": "user", "content": "Weather and time?"},
    {"role": "assistant", "reasoning_content": "First the weather.", "content": "", "tool_calls": [call("get_weather", {"city": "Bern"}, "functions.get_weather:0")]},
    {"role": "tool", "tool_call_id": "functions.get_weather:0", "name": "get_weather", "content": "sunny"},
    {"role": "assistant", "reasoning_content": "Now the time.", "content": "Half done.", "tool_calls": [call("now", {"zone": "CET", "list": ["a", "b"], "n": 1, "on": True}, "functions.now:1")]},
    {"role": "tool", "tool_call_id": "functions.now:1", "name": "now", "content": "12:00"},
]
THOUGHT_AND_ANSWERED = STILL_THINKING + [{"role": "assistant", "reasoning_content": "All known.", "content": "Sunny at noon."}]
THINKING_FIELD = [
    {"role": "user", "content": "Time?"},
    {"role": "assistant", "thinking": "I look.", "content": "", "tool_calls": [call("now", {"a": 1, "b": "x"})]},
    {"role": "tool", "content": "12:00"},
    {"role": "assistant", "thinking": "Known.", "content": "Noon."},
]
THINKING_AND_CONTENT = [
    {"role": "user", "content": "Time?"},
    {"role": "assistant", "thinking": "I look.", "content": "Moment.", "tool_calls": [call("now", {})]},
    {"role": "tool", "content": "12:00"},
]
CHANNELS = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "<|channel|>final<|message|>y"}, {"role": "user", "content": "z"}]
CHANNELS_IN_THINKING = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y", "thinking": "<|channel|>analysis<|message|>"}]
# Calls without an id, and results without the id or the name of their call.
NO_IDS = [
    {"role": "user", "content": "Both"},
    {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "now", "arguments": "{}"}}, {"type": "function", "function": {"name": "get_weather", "arguments": {"city": "Bern"}}}]},
    {"role": "tool", "content": "12:00"},
    {"role": "tool", "name": "get_weather", "content": ["sunny", {"type": "text", "text": " and warm"}]},
    {"role": "assistant", "content": "Fine."},
]
STRING_PARTS = [
    {"role": "system", "content": ["You are", {"type": "text", "text": " kind."}]},
    {"role": "user", "content": ["one ", {"type": "text", "text": "two"}, " three"]},
]
TOOL_OUTPUTS = [
    {"role": "user", "content": "Find tools"},
    {"role": "assistant", "content": "", "tool_calls": [call("now", {})]},
    {"role": "tool", "content": [{"type": "tool_reference", "name": "now"}, {"type": "tool_reference", "name": "plan"}]},
    {"role": "assistant", "content": "", "tool_calls": [call("plan", {"either": None})]},
    {"role": "tool", "content": [{"output": "one"}, {"output": "two"}]},
]
SYSTEM_WITH_IMAGE = [{"role": "system", "content": [{"type": "image", "image": "a.png"}, {"type": "text", "text": "See."}]}, {"role": "user", "content": "Hi"}]
SYSTEM_WITH_PLACE = [{"role": "system", "content": "Be kind. detailed thinking on", "current_date": "2025-03-07", "current_location": "Bern"}, {"role": "user", "content": "Hi"}]
BUILTIN_CALLS = [
    {"role": "user", "content": "Search"},
    {"role": "assistant", "content": "", "tool_calls": [call("brave_search", {"query": "penguins", "count": "3"})]},
    {"role": "ipython", "content": "found"},
    {"role": "assistant", "content": "", "tool_calls": [call("browser.search", {"query": "x"}), call("python", "print(1)")]},
    {"role": "tool", "name": "python", "content": "1"},
]
PREFIX_THOUGHT = [{"role": "user", "content": "Start"}, {"role": "assistant", "content": "Once upon", "prefix": True, "reasoning_content": "A tale."}]


def more_cases(tokens):
    """What the first cases leave out of the templates: rich schemas, thoughts in the middle of tool calls, calls without ids."""
    yield "rich_tools-", SYSTEM, RICH_TOOLS, False, tokens
    yield "rich_tools+", STILL_THINKING, RICH_TOOLS, True, dict(tokens, builtin_tools=["browser", "python"])
    for name, messages in {"still_thinking": STILL_THINKING, "answered": THOUGHT_AND_ANSWERED, "thinking_field": THINKING_FIELD, "prefix_thought": PREFIX_THOUGHT}.items():
        yield f"{name}+", messages, TOOLS, True, tokens
        yield f"{name}-", messages, None, False, tokens
        yield f"{name}:on+", messages, TOOLS, True, dict(tokens, thinking=True, enable_thinking=True, reasoning_effort="low")
        yield f"{name}:off+", messages, TOOLS, True, dict(tokens, thinking=False, enable_thinking=False, reasoning_effort="minimal")
    for effort in ("max", "medium", "no_think", "unheard-of"):
        yield f"effort_{effort}+", TURNS, None, True, dict(tokens, reasoning_effort=effort, thinking=True, enable_thinking=True, thinking_effort=effort)
    for name, messages in {"thinking_and_content": THINKING_AND_CONTENT, "channels": CHANNELS, "channels_in_thinking": CHANNELS_IN_THINKING, "no_ids": NO_IDS,
                           "string_parts": STRING_PARTS, "tool_outputs": TOOL_OUTPUTS, "system_with_image": SYSTEM_WITH_IMAGE, "system_with_place": SYSTEM_WITH_PLACE}.items():
        yield f"{name}+", messages, None, True, tokens
        yield f"{name}:tools+", messages, TOOLS, True, tokens
    yield "images:counted+", IMAGES[1:], None, True, dict(tokens, add_vision_id=True)
    yield "builtin_calls+", BUILTIN_CALLS, None, True, dict(tokens, builtin_tools=["brave_search", "browser", "python"], available_builtin_tools=["browser"])
    for choice in ("required", "none"):
        yield f"choice_{choice}+", SYSTEM, TOOLS, True, dict(tokens, tool_choice=choice)
    yield "include_thinking+", REASONING, None, True, dict(tokens, include_thinking=True)


def cases():
    """Yields (name, messages, tools, add_generation_prompt, variables)."""
    tokens = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    simple = {
        "user": WORLD, "system": SYSTEM, "turns": TURNS, "nasty": NASTY, "reasoning": REASONING,
        "reasoning_field": REASONING_FIELD, "think_parts": THINK_PARTS, "mapped_content": MAPPED_CONTENT, "images": IMAGES,
        "unknown_part": UNKNOWN_PART, "developer": DEVELOPER, "unknown_role": UNKNOWN_ROLE,
        "only_assistant": ONLY_ASSISTANT, "double_user": DOUBLE_USER, "ends_with_assistant": ENDS_WITH_ASSISTANT,
        "prefix": PREFIX, "empty_content": EMPTY_CONTENT, "no_content": NO_CONTENT, "number_content": NUMBER_CONTENT,
        "function_role": FUNCTION_ROLE, "ipython": IPYTHON, "raw_tool": RAW_CONTENT_TOOL, "long": LONG, "none": [],
    }
    for name, messages in simple.items():
        for prompt in (False, True):
            yield f"{name}{'+' if prompt else '-'}", messages, None, prompt, tokens
    with_tools = {
        "tools": SYSTEM, "tools_no_system": WORLD, "tools_turns": TURNS, "tools_nasty": NASTY,
        "call_dict": tool_conversation(DICT_ARGUMENTS), "call_text": tool_conversation(TEXT_ARGUMENTS),
        "call_bad_text": tool_conversation("not { json"), "call_empty": tool_conversation({}),
        "call_content": tool_conversation(DICT_ARGUMENTS, "Let me see."), "call_unwrapped": tool_conversation(DICT_ARGUMENTS, wrapped=False),
        "call_result_dict": TOOL_RESULT_DICT, "call_result_list": TOOL_RESULT_LIST, "call_none": NONE_CONTENT,
        "call_mistral": MISTRAL_IDS, "parallel": PARALLEL, "steps": STEPS, "cohere": COHERE, "tool_responses": TOOL_RESPONSES,
        "tools_developer": DEVELOPER, "tools_images": IMAGES,
    }
    for name, messages in with_tools.items():
        yield f"{name}-", messages, TOOLS, False, tokens
        yield f"{name}+", messages, TOOLS, True, tokens
    yield "call_without_tools+", tool_conversation(DICT_ARGUMENTS), None, True, tokens
    yield "parallel_without_tools+", PARALLEL, None, True, tokens
    yield "plain_tools+", SYSTEM, PLAIN_TOOLS, True, tokens
    yield "plain_tools_call+", tool_conversation(TEXT_ARGUMENTS), PLAIN_TOOLS, True, tokens
    yield "bare_tools+", SYSTEM, NO_PARAMETERS, True, tokens
    yield "mixed_tools+", SYSTEM, MIXED_TOOLS, True, tokens
    yield "empty_tools+", SYSTEM, [], True, tokens
    yield "no_tokens+", SYSTEM, None, True, {}
    yield "no_tokens_tools+", tool_conversation(DICT_ARGUMENTS), TOOLS, True, {}
    alternating = {"no_system": NO_SYSTEM, "nine": NINE_CALL, "nine_text": NINE_TEXT, "nine_end": NINE_END, "chain": CHAIN, "simple_user": WORLD, "simple_turns": TURNS, "simple_reasoning": REASONING, "simple_steps": STEPS}
    legacy = {"functions": "[{\"name\": \"f\"}]", "datetime": "2025-03-07", "date_string": "7 Mar 2025"}
    for name, messages in alternating.items():
        for prompt in (False, True):
            yield f"{name}:simple{'+' if prompt else '-'}", messages, SIMPLE_TOOLS, prompt, tokens
        yield f"{name}:legacy+", messages, SIMPLE_TOOLS, True, dict(tokens, **legacy)
        yield f"{name}:none+", messages, None, True, dict(tokens, **legacy)
    switches = {
        "thinking_on": {"enable_thinking": True, "thinking": True},
        "thinking_off": {"enable_thinking": False, "thinking": False},
        "effort_high": {"reasoning_effort": "high", "thinking": True, "thinking_budget": 512},
        "effort_none": {"reasoning_effort": "none", "thinking_budget": 0},
        "keep": {"keep_past_thinking": True, "clear_thinking": False, "drop_thinking": False, "truncate_history_thinking": False, "add_vision_id": True, "retain_reasoning": True, "keep_tool_result": 2},
        "drop": {"clear_thinking": True, "drop_thinking": True, "truncate_history_thinking": True, "add_thoughts": True, "keep_tool_result": -1, "retain_reasoning": False},
        "documents": {"documents": DOCUMENTS, "enable_citations": True, "controls": {"length": "short", "originality": "abstractive"}, "grounding": "enabled"},
        "dates": {"date_string": "26 Jul 2024", "datetime": "Jul 26 2024", "model_identity": "You are M.", "system_prompt": "SP", "functions": "[]", "custom_instructions": "Be kind.", "reasoning_mode": "/no_think"},
        "builtin": {"builtin_tools": ["brave_search", "wolfram_alpha", "browser", "python", "code_interpreter"], "custom_tools": TOOLS, "tools_in_user_message": False, "available_tools": TOOLS, "use_json_tooldef": True},
        "platform": {"platform_instruction_override": "P.", "developer_preamble": "D.", "developer_instruction": "DI", "response_format": {"type": "json_object", "schema": {"type": "object"}}, "safety_mode": "strict", "convert_first_system_msg": True, "skip_thinking": True, "regen_tool_call_ids": True, "training_prompt": True, "num_img_tokens": 4, "num_video_frames": "3"},
    }
    for switch, variables in switches.items():
        for name, messages, tools in (("system", SYSTEM, None), ("turns", TURNS, None), ("reasoning", REASONING, None), ("steps", STEPS, TOOLS), ("images", IMAGES, None), ("chain", CHAIN, SIMPLE_TOOLS)):
            yield f"{switch}:{name}+", messages, tools, True, dict(tokens, **variables)
    for switch in ("thinking_on", "thinking_off", "documents", "platform"):
        yield f"{switch}:call-", tool_conversation(DICT_ARGUMENTS), TOOLS, False, dict(tokens, **switches[switch])
    yield from more_cases(tokens)
