// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.moe4j.bench.peers.Engine.Room;

/**
 * The process of one engine. Commands come a line each and are answered with a line each that
 * begins with {@code ok} or {@code error}:
 *
 * <pre>
 * describe                                  ok WORDS
 * open SEQUENCES CONTEXT POSITIONS FILE     ok
 * read TOKENS DEPTH                         ok SECONDS
 * generate TOKENS SEQUENCES DEPTH           ok SECONDS
 * memory                                    ok MEGABYTES   resident now
 * allocated                                 ok BYTES       on the Java heap by all threads so far
 * idle MILLISECONDS                         ok SECONDS     of processor time while nothing is asked
 * </pre>
 *
 * It ends with its input.
 */
public final class PeerProcess {

  private PeerProcess() {}

  /**
   * Serves until the input ends.
   *
   * @param arguments {@code moe4j DEVICE THREADS}, {@code llama.cpp FOLDER THREADS} or {@code jlama
   *     - THREADS}
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
          case "jlama" -> new JlamaEngine(threads);
          default -> throw new IllegalArgumentException("no engine " + arguments[0]);
        };
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String answer;
      try {
        answer = "ok " + obey(engine, line);
      } catch (RuntimeException | InterruptedException | OutOfMemoryError | LinkageError e) {
        e.printStackTrace();
        answer = "error " + e;
      }
      answers.println(answer.replace('\n', ' '));
      answers.flush();
    }
    // An engine's own threads must not keep the process.
    System.exit(0);
  }

  private static String obey(Engine engine, String line) throws InterruptedException {
    String[] words = line.split(" ", 5);
    return switch (words[0]) {
      case "describe" -> engine.description();
      case "open" -> {
        Room room = new Room(number(words, 1), number(words, 2), number(words, 3));
        engine.open(Path.of(words[4]), room);
        yield "";
      }
      case "read" -> String.valueOf(engine.read(number(words, 1), number(words, 2)));
      case "generate" ->
          String.valueOf(engine.generate(number(words, 1), number(words, 2), number(words, 3)));
      case "memory" -> String.valueOf(Machine.residentMegabytes());
      case "allocated" ->
          String.valueOf(
              ManagementFactory.getPlatformMXBean(ThreadMXBean.class)
                  .getTotalThreadAllocatedBytes());
      case "idle" -> {
        OperatingSystemMXBean system =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long before = system.getProcessCpuTime();
        Thread.sleep(number(words, 1));
        yield String.valueOf((system.getProcessCpuTime() - before) / 1e9);
      }
      default -> throw new IllegalArgumentException("no command " + words[0]);
    };
  }

  private static int number(String[] words, int index) {
    return Integer.parseInt(words[index]);
  }
}
