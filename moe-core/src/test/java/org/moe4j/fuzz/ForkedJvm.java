// SPDX-License-Identifier: Apache-2.0
package org.moe4j.fuzz;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.google.common.primitives.ImmutableLongArray;
import com.google.common.util.concurrent.internal.InternalFutureFailureAccess;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Assertions;
import org.moe4j.MixtureModel;
import org.moe4j.demo.DemoModel;
import org.moe4j.spi.ModelProvider;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.ObjectMapper;

/** A Java process with a small heap, in which every access to native memory is checked. */
public record ForkedJvm(int status, String output) {

  /**
   * Runs a class and waits for it.
   *
   * @param heap the largest heap, such as {@code 256m}
   * @param seconds ends it after these
   * @param main the class
   * @param args its arguments
   */
  public static ForkedJvm run(String heap, int seconds, Class<?> main, String... args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx" + heap, "-XX:+ExitOnOutOfMemoryError"));
    command.addAll(List.of("-Dmoe4j.bounds=checked", "-cp", classPath()));
    command.add(main.getName());
    command.addAll(List.of(args));
    Path output = Files.createTempFile("moe4j", ".txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    int status = process.waitFor();
    String text = Files.readString(output, StandardCharsets.UTF_8);
    Files.delete(output);
    return new ForkedJvm(status, text);
  }

  /** Where the classes come from, however this process was told of them. */
  private static String classPath() {
    return Stream.of(
            ForkedJvm.class,
            MixtureModel.class,
            ModelProvider.class,
            org.moe4j.format.ModelFile.class,
            DemoModel.class,
            ImmutableLongArray.class,
            InternalFutureFailureAccess.class,
            JsonParser.class,
            ObjectMapper.class,
            JsonFormat.class,
            NullMarked.class,
            Assertions.class)
        .map(type -> {
          try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
          } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
          }
        })
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }
}
