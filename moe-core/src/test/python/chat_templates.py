"""Records what the reference renderer makes of templates, for ChatTemplateTest and SharedTemplatesTest.

    python chat_templates.py snippets                 writes snippets.json: small templates of our own with their output
    python chat_templates.py templates DIRECTORY      writes conversations.json and template-hashes.txt for *.jinja there

The reference is transformers.utils.chat_template_utils.render_jinja_template; the clock is fixed. Third-party templates are
not part of this project, so only lengths and hashes of what they render are kept.
"""

import base64
import datetime
import glob
import hashlib
import json
import os
import sys

import transformers.utils.chat_template_utils as reference

from chat_template_conversations import cases

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resources", "org", "moe4j", "template")


class FixedDate(datetime.datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz=None):
        return cls(2025, 3, 7, 9, 5, 4, 123456)


reference.datetime = FixedDate


def render_conversation(template, messages, tools, prompt, variables):
    """The reference's output, or None where it raises an error."""
    variables = dict(variables)
    documents = variables.pop("documents", None)
    try:
        rendered, _ = reference.render_jinja_template(
            conversations=[messages], tools=tools, documents=documents, chat_template=template,
            add_generation_prompt=prompt, **variables)
        rendered[0].encode("utf-8")
        return rendered[0]
    except Exception:  # whatever goes wrong, the reference refuses this case
        return None


def render_snippet(template, variables):
    """The output of a template with exactly these variables, and the error message or None."""
    try:
        text = reference._compile_jinja_template(template).render(**reference._plain_template_data(variables))
        text.encode("utf-8")
        return text, None
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def write_snippets():
    from chat_template_snippets import VARIABLES, snippets

    rows = []
    seen = set()
    for template in snippets():
        if template in seen:
            raise SystemExit(f"twice: {template}")
        seen.add(template)
        text, error = render_snippet(template, VARIABLES)
        if text is not None and " at 0x" in text:
            raise SystemExit(f"output contains an address: {template}")
        rows.append([template, text] if error is None else [template, None])
        if "-v" in sys.argv:
            print(repr(template), "->", repr(text) if error is None else error)
    with open(os.path.join(OUT, "snippets.json"), "w", encoding="utf-8") as out:
        out.write('{"variables": ' + json.dumps(VARIABLES, ensure_ascii=False) + ',\n"snippets": [\n')
        out.write(",\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
        out.write("\n]}\n")
    errors = sum(text is None for _, text in rows)
    print(f"{len(rows)} snippets, {errors} of them errors")


def digest(text):
    """Length in UTF-8 and the first 96 bits of the SHA-256."""
    data = text.encode("utf-8")
    return f"{len(data)}:{base64.b64encode(hashlib.sha256(data).digest()[:12]).decode()}"


def write_templates(directory):
    rows = list(cases())
    shared = {}

    def name_of(value):
        """Conversations and tools that several cases use are written once."""
        text = json.dumps(value, ensure_ascii=False)
        return None if value is None else shared.setdefault(text, len(shared))

    lines = [json.dumps([n, name_of(m), name_of(t), p, v], ensure_ascii=False) for n, m, t, p, v in rows]
    with open(os.path.join(OUT, "conversations.json"), "w", encoding="utf-8") as out:
        out.write('{"values": [\n' + ",\n".join(shared) + '\n],\n"cases": [\n' + ",\n".join(lines) + "\n]}\n")
    errors = 0
    with open(os.path.join(OUT, "template-hashes.txt"), "w", encoding="utf-8") as out:
        for path in sorted(glob.glob(os.path.join(directory, "*.jinja"))):
            with open(path, encoding="utf-8", newline="") as file:
                template = file.read()
            texts = {n: render_conversation(template, m, t, p, v) for n, m, t, p, v in rows}
            refused = sum(text is None for text in texts.values())
            errors += refused
            out.write(os.path.basename(path) + "\n")
            out.write(" ".join("-" if text is None else digest(text) for text in texts.values()) + "\n")
            print(f"{os.path.basename(path)}: {len(texts)} cases, {refused} errors")
            if "--texts" in sys.argv:  # for looking into a difference; never committed
                target = os.path.join(sys.argv[sys.argv.index("--texts") + 1], os.path.basename(path) + ".json")
                with open(target, "w", encoding="utf-8") as dump:
                    json.dump(texts, dump, ensure_ascii=False)
    print(f"{errors} errors in all")


if __name__ == "__main__":
    if sys.argv[1] == "snippets":
        write_snippets()
    else:
        write_templates(sys.argv[2])
