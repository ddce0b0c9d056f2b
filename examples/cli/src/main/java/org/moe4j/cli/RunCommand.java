// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.moe4j.Answer;
import org.moe4j.Generation;
import org.moe4j.Message;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.Request;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Streams one answer. */
@Command(name = "run", description = "Streams the answer to a prompt.", sortOptions = false)
final class RunCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Mixin private AnswerOptions options;

  @Option(names = "--raw", description = "Continues PROMPT as it is, without the chat template.")
  private boolean raw;

  @Option(names = "--system", paramLabel = "S", description = "A system message before PROMPT.")
  private @Nullable String system;

  @Option(
      names = "--check-values",
      description = "Reads every weight first and refuses NaN and infinity.")
  private boolean checkValues;

  @Parameters(
      paramLabel = "PROMPT",
      description = "The prompt; - reads it from standard input, less one line break at its end.")
  private String prompt;

  @Override
  public Integer call() throws IOException {
    if (raw && system != null) {
      throw new ParameterException(spec.commandLine(), "--system has no place in a --raw prompt");
    }
    // Built before the model is opened, so that wrong use is said at once.
    String text = prompt.equals("-") ? standardInput() : prompt;
    Request continuation = options.build(Request.prompt(text).parseSpecial(raw));
    Request question = options.build(Request.chat(messages(text)));
    try (MixtureModel model = common.open(checkValues)) {
      boolean template = !model.info().chatTemplate().isEmpty();
      if (!raw && !template) {
        if (system != null) {
          throw new MixtureException.BadRequest(
              "has no chat template that could place the --system message");
        }
        note("the model has no chat template: continuing the text as it is");
      }
      return stream(model, raw || !template ? continuation : question);
    }
  }

  private static String standardInput() throws IOException {
    String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    return text.replaceFirst("\\R\\z", "");
  }

  private List<Message> messages(String text) {
    List<Message> messages = new ArrayList<>();
    if (system != null) {
      messages.add(Message.system(system));
    }
    messages.add(Message.user(text));
    return messages;
  }

  private int stream(MixtureModel model, Request request) {
    Answer answer;
    try (Generation generation = model.start(request)) {
      answer = new AnswerPrinter(spec.commandLine(), common.quiet()).print(generation);
    }
    return switch (answer.finishReason()) {
      case CANCELLED, DEADLINE -> Main.CANCELLED;
      case END, STOP, MAX_TOKENS, CONTEXT -> Main.DONE;
    };
  }

  private void note(String text) {
    if (!common.quiet()) {
      spec.commandLine().getErr().println("moe4j: " + text);
      spec.commandLine().getErr().flush();
    }
  }
}
