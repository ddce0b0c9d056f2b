// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher as scripts call it: a process of its own. Runs after the jar was made. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class LauncherTest {

  private static final String JDK = System.getProperty("java.home");
  private static final String PHOTOSYNTHESIS = "1083,1908,351,1628,86,2555,16\n";

  @TempDir Path folder;

  /** A launcher process with a bare environment, in a folder of its own. */
  private ProcessBuilder launcher(String... arguments) throws IOException {
    ProcessBuilder builder = new ProcessBuilder();
    builder.command().add(Path.of("moe4j").toAbsolutePath().toString());
    builder.command().addAll(Arrays.asList(arguments));
    builder.directory(folder.toFile());
    builder.environment().keySet().removeIf(name -> !name.equals("HOME"));
    builder.environment().put("PATH", "/usr/bin:/bin");
    builder.environment().put("JAVA_HOME", JDK);
    builder.redirectError(Files.createTempFile(folder, "err", "").toFile());
    return builder;
  }

  /** Runs to the end; the JVM's own remark on incubating modules is left out of standard error. */
  private static Invocation run(ProcessBuilder builder) throws Exception {
    Process process = builder.start();
    process.getOutputStream().close();
    return finish(builder, process, process.getInputStream());
  }

  private static Invocation finish(ProcessBuilder builder, Process process, InputStream out)
      throws Exception {
    String rest = new String(out.readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(2, TimeUnit.MINUTES), "still running");
    List<String> err =
        Files.readAllLines(builder.redirectError().file().toPath()).stream()
            .filter(line -> !line.startsWith("WARNING: Using incubator modules"))
            .toList();
    return new Invocation(process.exitValue(), rest, String.join("\n", err));
  }

  @Test
  void worksFromAnyFolderAndThroughALink() throws Exception {
    ProcessBuilder builder = launcher("tokenize", "Explain photosynthesis.");
    Path link =
        Files.createSymbolicLink(folder.resolve("link"), Path.of(builder.command().getFirst()));
    builder.command().set(0, link.toString());
    assertEquals(new Invocation(0, PHOTOSYNTHESIS, ""), run(builder));
  }

  @Test
  void prefersTheJavaThatItIsTold() throws Exception {
    for (String told : List.of(JDK, JDK + "/bin/java")) {
      ProcessBuilder builder = launcher("tokenize", "Explain photosynthesis.");
      builder.environment().put("MOE4J_JAVA", told);
      builder.environment().put("JAVA_HOME", "/no/such/jdk");
      assertEquals(new Invocation(0, PHOTOSYNTHESIS, ""), run(builder));
    }
  }

  @Test
  void passesOverAJavaThatIsTooOld() throws Exception {
    Path old = Files.createDirectories(folder.resolve("jdk-17"));
    Files.writeString(old.resolve("release"), "JAVA_VERSION=\"17.0.15\"\n");
    Path bin = Files.createDirectories(old.resolve("bin"));
    Files.createFile(
        bin.resolve("java"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    Files.writeString(bin.resolve("java"), "#!/bin/sh\necho the old one >&2\nexit 9\n");
    ProcessBuilder builder = launcher("tokenize", "Explain photosynthesis.");
    builder.environment().put("JAVA_HOME", old.toString());
    builder.environment().put("PATH", bin + ":" + JDK + "/bin:/usr/bin:/bin");
    // The first java on the path is too old as well, so one of the usual folders has to do, or none
    // is found.
    Invocation result = run(builder);
    assertTrue(!result.err().contains("the old one"), result.err());
    builder.environment().put("MOE4J_JAVA", old.toString());
    builder.environment().put("JAVA_HOME", JDK);
    result = run(builder);
    assertEquals(0, result.status());
    assertEquals(PHOTOSYNTHESIS, result.out());
    assertTrue(result.err().contains("MOE4J_JAVA"), result.err());
  }

  @Test
  void textBeyondAsciiDoesNotDependOnTheLocale() throws Exception {
    ProcessBuilder builder = launcher("tokenize", "h\u00e9llo \ud83d\ude00");
    builder.environment().put("LC_ALL", "C");
    Invocation result = run(builder);
    assertEquals("74,3620,927,81,223,175,256,249,225\n", result.out());
  }

  @Test
  void readsThePromptFromStandardInput() throws Exception {
    ProcessBuilder builder = launcher("run", "--temperature", "0", "--max-tokens", "9", "-");
    Process process = builder.start();
    try (OutputStream in = process.getOutputStream()) {
      in.write("Explain photosynthesis.\n".getBytes(StandardCharsets.UTF_8));
    }
    Invocation result = finish(builder, process, process.getInputStream());
    assertEquals("The photosynthetic cell is a\n", result.out());
    assertEquals(0, result.status());
  }

  @Test
  void aRefusedModelIsThreeAndOneLine() throws Exception {
    assertEquals(
        new Invocation(3, "", "moe4j: no.gguf: does not exist"),
        run(launcher("run", "--model", "no.gguf", "hello")));
  }

  @Test
  void aSignalEndsTheAnswerWithFour() throws Exception {
    for (String signal : interruptIsIgnored() ? List.of("TERM") : List.of("INT", "TERM")) {
      // On a device so slow that the signal comes long before the end.
      ProcessBuilder builder =
          launcher("run", "--device", "scalar", "--raw", "--max-tokens", "1000", "The sun");
      Process process = builder.start();
      InputStream out = process.getInputStream();
      assertTrue(out.read() >= 0, "no answer");
      signal(process, signal);
      Invocation result = finish(builder, process, out);
      assertEquals(4, result.status(), result.err());
      assertTrue(result.out().endsWith("\n"), "what was said by then stays");
      assertTrue(result.err().contains("CANCELLED"), result.err());
    }
  }

  @Test
  void ctrlCStopsAnAnswerOfAChatAndNotTheProgram() throws Exception {
    ProcessBuilder builder = launcher("chat", "--temperature", "0", "--max-tokens", "1000");
    Process process = builder.start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    try (OutputStream in = process.getOutputStream()) {
      in.write("What is supply and demand?\n".getBytes(StandardCharsets.UTF_8));
      in.flush();
      assertTrue(out.read() >= 0, "no answer");
      signal(process, "INT");
      assertTrue(out.readLine() != null);
      in.write("/new\nExplain photosynthesis.\n".getBytes(StandardCharsets.UTF_8));
      in.flush();
      assertEquals(
          "The",
          String.valueOf(new char[] {(char) out.read(), (char) out.read(), (char) out.read()}));
      signal(process, "INT");
      in.write("/exit\n".getBytes(StandardCharsets.UTF_8));
    }
    while (out.readLine() != null) {
      // to the end
    }
    assertTrue(process.waitFor(2, TimeUnit.MINUTES), "still running");
    assertEquals(0, process.exitValue());
  }

  /**
   * Whether this process was started with SIGINT ignored, as shells start what runs in the
   * background; what it starts inherits that.
   */
  private static boolean interruptIsIgnored() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return false;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("SigIgn:"))
        .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
        .anyMatch(ignored -> (ignored & 2) != 0);
  }

  private static void signal(Process process, String signal) throws Exception {
    assertEquals(
        0,
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor());
  }
}
