// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;

/** Prints token ids. */
@Command(
    name = "tokenize",
    description = {
      "The token ids of a text, separated by commas; special tokens are parsed, nothing is added.",
      "--model may also be a tokenizer.json; the family need not be supported."
    },
    sortOptions = false)
final class TokenizeCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Option(
      names = "--file",
      paramLabel = "F",
      description = "A file of JSON strings, one a line; prints a line of ids for each.")
  private @Nullable Path file;

  @Parameters(arity = "0..1", paramLabel = "TEXT", description = "The text.")
  private @Nullable String text;

  @Override
  public Integer call() {
    if ((text == null) == (file == null)) {
      throw new ParameterException(
          spec.commandLine(),
          "either TEXT or --file is needed" + (text == null ? "" : ", not both"));
    }
    List<String> texts = file == null ? List.of(String.valueOf(text)) : lines(file);
    Tokenizer tokenizer = ModelText.tokenizer(common.path());
    PrintWriter out = spec.commandLine().getOut();
    for (String each : texts) {
      out.println(
          IntStream.of(tokenizer.encode(each, true))
              .mapToObj(Integer::toString)
              .collect(Collectors.joining(",")));
    }
    out.flush();
    return Main.DONE;
  }

  private static List<String> lines(Path file) {
    List<String> lines = JsonInput.text(file).lines().toList();
    return IntStream.range(0, lines.size()).mapToObj(i -> string(file, i, lines.get(i))).toList();
  }

  private static String string(Path file, int index, String line) {
    try {
      if (JsonInput.value(line) instanceof String value) {
        return value;
      }
    } catch (JacksonException e) {
      throw new MixtureException.BadFile(
          file.toString(),
          "line " + (index + 1),
          "expected a JSON string: " + e.getOriginalMessage(),
          e);
    }
    throw new MixtureException.BadFile(
        file.toString(), "line " + (index + 1), "expected a JSON string, found " + line, null);
  }
}
