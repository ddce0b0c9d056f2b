// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.moe4j.Generation;
import org.moe4j.Message;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.Request;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A conversation: lines from standard input, answers to standard output. */
@Command(
    name = "chat",
    description = {
      "A conversation in the terminal. Ctrl-C stops an answer, Ctrl-D ends the conversation.",
      "/new forgets what was said, /exit ends."
    },
    sortOptions = false)
final class ChatCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Mixin private AnswerOptions options;

  @Option(names = "--system", paramLabel = "S", description = "A system message to begin with.")
  private @Nullable String system;

  private final AtomicReference<@Nullable Generation> running = new AtomicReference<>();

  @Override
  public Integer call() throws IOException {
    options.build(Request.prompt("")); // wrong use is said at once
    try (MixtureModel model = common.open()) {
      if (model.info().chatTemplate().isEmpty()) {
        throw new MixtureException.BadRequest(
            "has no chat template; expected one for a conversation");
      }
      Interrupts.replace(this::stopAnswer);
      converse(model);
      return Main.DONE;
    }
  }

  private void stopAnswer() {
    Generation generation = running.get();
    if (generation != null) {
      generation.cancel();
    } else {
      prompt();
    }
  }

  private void converse(MixtureModel model) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    List<Message> messages = beginning();
    while (true) {
      prompt();
      String line = in.readLine();
      if (line == null || line.equals("/exit")) {
        return;
      }
      if (line.equals("/new")) {
        messages = beginning();
      } else if (!line.isBlank()) {
        messages.add(Message.user(line));
        try {
          messages.add(Message.assistant(answer(model, messages)));
        } catch (MixtureException.BadRequest | MixtureException.Rejected e) {
          // Most often the conversation no longer fits into the context; it may go on with a new
          // one.
          messages.removeLast();
          say("moe4j: " + Main.oneLine(String.valueOf(e.getMessage())) + " (/new begins anew)\n");
        }
      }
    }
  }

  private List<Message> beginning() {
    List<Message> messages = new ArrayList<>();
    if (system != null) {
      messages.add(Message.system(system));
    }
    return messages;
  }

  private String answer(MixtureModel model, List<Message> messages) {
    try (Generation generation = model.start(options.build(Request.chat(messages)))) {
      running.set(generation);
      return new AnswerPrinter(spec.commandLine(), common.quiet()).print(generation).text();
    } finally {
      running.set(null);
    }
  }

  private void prompt() {
    if (!common.quiet()) {
      say("> ");
    }
  }

  private void say(String text) {
    spec.commandLine().getErr().print(text);
    spec.commandLine().getErr().flush();
  }
}
