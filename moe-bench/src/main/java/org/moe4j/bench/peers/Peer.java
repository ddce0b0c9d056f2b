// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An engine in a {@link PeerProcess}. Used by one thread. */
final class Peer implements AutoCloseable {

  private final String name;
  private final Process process;
  private final BufferedWriter commands;
  private final BufferedReader answers;

  private Peer(String name, Process process) {
    this.name = name;
    this.process = process;
    commands = process.outputWriter(StandardCharsets.UTF_8);
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Starts an engine with this process's class path and Java.
   *
   * @param name name in tables
   * @param arguments arguments of {@link PeerProcess}
   * @param jvmFlags further flags of its JVM
   */
  static Peer start(String name, List<String> arguments, List<String> jvmFlags) throws IOException {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(
        List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
    line.addAll(jvmFlags);
    line.addAll(List.of("-cp", System.getProperty("java.class.path")));
    line.add(PeerProcess.class.getName());
    line.addAll(arguments);
    Process process =
        new ProcessBuilder(line)
            .redirectError(ProcessBuilder.Redirect.to(new File("/dev/null")))
            .start();
    return new Peer(name, process);
  }

  String name() {
    return name;
  }

  /**
   * Sends a command and waits.
   *
   * @throws IllegalStateException with the engine's words if it could not
   */
  String ask(String command) {
    try {
      commands.write(command);
      commands.newLine();
      commands.flush();
      String answer = answers.readLine();
      if (answer == null) {
        throw new IllegalStateException(name + " ended at: " + command);
      }
      if (!answer.startsWith("ok")) {
        throw new IllegalStateException(name + ": " + answer);
      }
      return answer.substring(2).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(name + " at: " + command, e);
    }
  }

  /** Sends a command that is answered with a number. */
  double measure(String command) {
    return Double.parseDouble(ask(command));
  }

  @Override
  public void close() throws IOException {
    commands.close();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
