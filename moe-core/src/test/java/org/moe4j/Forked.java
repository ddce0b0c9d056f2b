// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a class in a Java of its own, for what is decided or limited once a process. */
public final class Forked {

  /** Flags of a process with a small heap, in which every access to native memory is checked. */
  public static final List<String> SMALL_AND_CHECKED =
      List.of("-Xmx256m", "-XX:+ExitOnOutOfMemoryError", "-Dmoe4j.bounds=checked");

  private static final int WATCHDOG_SECONDS = 300;

  private Forked() {}

  /**
   * Runs a class and waits for its end, which must be a good one.
   *
   * @param flags of the Java process, after those {@code -XX} flags that this one has
   * @param main the class
   * @param arguments its arguments
   * @return what it printed
   */
  public static String run(List<String> flags, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("-XX:"))
        .forEach(command::add);
    command.addAll(flags);
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    // Not read from a pipe: who waits for its end cannot look at the clock.
    Path output = Files.createTempFile("moe4j", ".txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = process.waitFor(WATCHDOG_SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly();
    }
    int status = process.waitFor();
    String said = Files.readString(output, StandardCharsets.UTF_8);
    Files.delete(output);
    assertTrue(ended, () -> main + " hangs: " + said);
    assertEquals(0, status, said);
    return said;
  }
}
