// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The process of one engine. Commands come a line each and are answered with a line each that
 * begins with {@code ok} or {@code error}:
 *
 * <pre>
 * describe                            ok WORDS
 * open SEQUENCES CONTEXT FILE         ok
 * read TOKENS DEPTH                   ok SECONDS
 * generate TOKENS SEQUENCES DEPTH     ok SECONDS
 * memory                              ok MEGABYTES   resident now
 * </pre>
 *
 * It ends with its input.
 */
public final class PeerProcess {

  private PeerProcess() {}

  /**
   * Serves until the input ends.
   *
   * @param arguments {@code moe4j DEVICE THREADS} or {@code llama.cpp FOLDER THREADS}
   */
  public static void main(String[] arguments) throws IOException {
    // Engines may print what they like; answers go where nothing else is printed.
    PrintStream answers = System.out;
    System.setOut(System.err);
    int threads = Integer.parseInt(arguments[2]);
    Engine engine =
        switch (arguments[0]) {
          case "moe4j" -> new Moe4jEngine(arguments[1], threads);
          case "llama.cpp" -> new LlamaCppEngine(Path.of(arguments[1]), threads);
          default -> throw new IllegalArgumentException("no engine " + arguments[0]);
        };
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String answer;
      try {
        answer = "ok " + obey(engine, line);
      } catch (RuntimeException e) {
        answer = "error " + e;
      }
      answers.println(answer.replace('\n', ' '));
      answers.flush();
    }
  }

  private static String obey(Engine engine, String line) {
    String[] words = line.split(" ", 4);
    return switch (words[0]) {
      case "describe" -> engine.description();
      case "open" -> {
        engine.open(Path.of(words[3]), Integer.parseInt(words[1]), Integer.parseInt(words[2]));
        yield "";
      }
      case "read" ->
          String.valueOf(engine.read(Integer.parseInt(words[1]), Integer.parseInt(words[2])));
      case "generate" ->
          String.valueOf(
              engine.generate(
                  Integer.parseInt(words[1]),
                  Integer.parseInt(words[2]),
                  Integer.parseInt(words[3])));
      case "memory" -> String.valueOf(Machine.residentMegabytes());
      default -> throw new IllegalArgumentException("no command " + words[0]);
    };
  }
}
