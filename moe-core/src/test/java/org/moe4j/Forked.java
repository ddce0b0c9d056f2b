// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a class in a Java of its own, for what is decided once a process. */
public final class Forked {

  private static final int WATCHDOG_SECONDS = 300;

  private Forked() {}

  /**
   * Runs a class and waits for its end, which must be a good one.
   *
   * @param main the class
   * @param flags of the Java process, after those {@code -XX} flags that this one has
   * @return what it printed
   */
  public static String run(Class<?> main, String... flags) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("-XX:"))
        .forEach(command::add);
    command.addAll(List.of(flags));
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), Charset.defaultCharset());
    assertTrue(process.waitFor(WATCHDOG_SECONDS, TimeUnit.SECONDS), () -> main + " hangs: " + said);
    assertEquals(0, process.exitValue(), said);
    return said;
  }
}
