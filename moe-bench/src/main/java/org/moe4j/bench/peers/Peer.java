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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An engine in a {@link PeerProcess}. Used by one thread. */
final class Peer implements AutoCloseable {

  private static final long LIMIT_MINUTES = 10;

  private final Recipe recipe;
  private final Process process;
  private final BufferedWriter commands;
  private final BufferedReader answers;

  private Peer(Recipe recipe, Process process) {
    this.recipe = recipe;
    this.process = process;
    commands = process.outputWriter(StandardCharsets.UTF_8);
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /** The files that an engine reads. */
  enum Format {
    GGUF,
    JLAMA
  }

  /**
   * How an engine is started.
   *
   * @param name name in tables
   * @param format what it reads
   * @param arguments arguments of {@link PeerProcess}
   * @param jvmFlags further flags of its JVM
   * @param classPath its class path
   */
  record Recipe(
      String name, Format format, List<String> arguments, List<String> jvmFlags, String classPath) {

    /** Copies the lists. */
    Recipe {
      arguments = List.copyOf(arguments);
      jvmFlags = List.copyOf(jvmFlags);
    }

    /**
     * Starts it with this process's Java.
     *
     * @param log where it writes what it has to say
     */
    Peer start(File log) throws IOException {
      List<String> line = new ArrayList<>();
      line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      line.addAll(
          List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
      line.addAll(jvmFlags);
      line.addAll(List.of("-cp", classPath, PeerProcess.class.getName()));
      line.addAll(arguments);
      Process process =
          new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.appendTo(log)).start();
      return new Peer(this, process);
    }
  }

  String name() {
    return recipe.name;
  }

  Format format() {
    return recipe.format;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Sends a command and waits, for ten minutes at most.
   *
   * @throws IllegalStateException with the engine's words if it could not, or if it ended
   */
  String ask(String command) {
    try {
      commands.write(command);
      commands.newLine();
      commands.flush();
      String answer =
          CompletableFuture.supplyAsync(this::answer).get(LIMIT_MINUTES, TimeUnit.MINUTES);
      if (!answer.startsWith("ok")) {
        throw new IllegalStateException(name() + ": " + answer);
      }
      return answer.substring(2).strip();
    } catch (IOException | ExecutionException e) {
      throw new IllegalStateException("%s ended at: %s".formatted(name(), command), e);
    } catch (TimeoutException e) {
      process.destroyForcibly();
      throw new IllegalStateException("%s is not done with: %s".formatted(name(), command), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private String answer() {
    try {
      String line = answers.readLine();
      if (line == null) {
        throw new IOException("no more answers");
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a command that is answered with a number. */
  double measure(String command) {
    return Double.parseDouble(ask(command));
  }

  /** Ends the process, by force if it does not end with its input. */
  @Override
  public void close() {
    try {
      commands.close();
    } catch (IOException e) {
      // It has ended already.
    }
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
