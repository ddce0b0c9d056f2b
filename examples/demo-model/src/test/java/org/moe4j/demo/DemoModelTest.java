// SPDX-License-Identifier: Apache-2.0
package org.moe4j.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoModelTest {

  @TempDir Path folder;

  @Test
  void unpacksTheFileThatIsInTheJar() throws IOException {
    Path file = DemoModel.unpackInto(List.of(folder));
    try (InputStream in = DemoModel.class.getResourceAsStream("moe4j-demo-Q8_0.gguf")) {
      assertArrayEquals(in.readAllBytes(), Files.readAllBytes(file));
    }
  }

  @Test
  void unpacksOnce() throws IOException {
    Path file = DemoModel.unpackInto(List.of(folder));
    Object first = identity(file);
    assertEquals(file, DemoModel.unpackInto(List.of(folder)));
    assertEquals(first, identity(file));
  }

  private static Object identity(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return List.of(attributes.lastModifiedTime(), String.valueOf(attributes.fileKey()));
  }

  @Test
  void replacesAFileThatIsDamaged() throws IOException {
    Path file = DemoModel.unpackInto(List.of(folder));
    byte[] right = Files.readAllBytes(file);
    byte[] wrong = right.clone();
    wrong[wrong.length - 1] ^= 1;
    Files.write(file, wrong);
    assertArrayEquals(right, Files.readAllBytes(DemoModel.unpackInto(List.of(folder))));
  }

  @Test
  void takesTheNextFolderWhereOneCannotBeWritten() throws IOException {
    Path notAFolder = Files.writeString(folder.resolve("file"), "in the way");
    Path other = folder.resolve("other");
    Path file = DemoModel.unpackInto(List.of(notAFolder.resolve("cache"), other));
    assertEquals(other.toAbsolutePath(), file.getParent());
    assertThrows(
        UncheckedIOException.class, () -> DemoModel.unpackInto(List.of(notAFolder.resolve("x"))));
  }

  @Test
  void manyAtOnceUnpackOneCompleteFile() throws Exception {
    try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
      List<Future<byte[]>> results = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        results.add(pool.submit(() -> Files.readAllBytes(DemoModel.unpackInto(List.of(folder)))));
      }
      byte[] first = results.get(0).get();
      for (Future<byte[]> result : results) {
        assertArrayEquals(first, result.get());
      }
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(1, left.count(), "no half-written file stays behind");
    }
  }

  @Test
  void prefersTheFolderOfTheEnvironment() {
    assertEquals(
        List.of(Path.of("/a"), Path.of("/x/moe4j"), Path.of("/home/me/.cache/moe4j")),
        DemoModel.folders(Map.of("MOE4J_CACHE", "/a", "XDG_CACHE_HOME", "/x"), "/home/me")
            .subList(0, 3));
    assertEquals(Path.of("/home/me/.cache/moe4j"), DemoModel.folders(Map.of(), "/home/me").get(0));
  }
}
