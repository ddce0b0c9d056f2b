// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;

/** Prints the prompt that a chat template makes. */
@Command(
    name = "render",
    description = {
      "The prompt that the chat template makes of messages, nothing added.",
      "--model may also be a .jinja file; the family need not be supported."
    },
    sortOptions = false)
final class RenderCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Option(
      names = "--messages",
      required = true,
      paramLabel = "F.json",
      description = "A JSON list of objects with role and content.")
  private Path messages;

  @Option(names = "--tools", paramLabel = "T.json", description = "A JSON list of tools.")
  private @Nullable Path tools;

  @Option(names = "--no-generation-prompt", description = "Without the opening of the answer.")
  private boolean noGenerationPrompt;

  @Option(
      names = "--set",
      paramLabel = "name=json",
      description = "A variable of the template; may be given several times.")
  private List<String> settings = List.of();

  @Override
  public Integer call() {
    Map<String, @Nullable Object> variables = variables();
    List<Map<String, Object>> conversation = JsonInput.objects(messages);
    List<Map<String, Object>> toolList = tools == null ? null : JsonInput.objects(tools);
    String prompt =
        ModelText.template(common.path())
            .render(conversation, toolList, !noGenerationPrompt, variables);
    PrintWriter out = spec.commandLine().getOut();
    out.print(prompt);
    out.flush();
    return Main.DONE;
  }

  private Map<String, @Nullable Object> variables() {
    Map<String, @Nullable Object> variables = new HashMap<>();
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      if (equals < 1) {
        throw new ParameterException(
            spec.commandLine(), "--set expects name=json, found " + setting);
      }
      try {
        variables.put(setting.substring(0, equals), JsonInput.value(setting.substring(equals + 1)));
      } catch (JacksonException e) {
        throw new ParameterException(
            spec.commandLine(),
            "--set %s: no sound JSON: %s".formatted(setting, e.getOriginalMessage()),
            e);
      }
    }
    return variables;
  }
}
