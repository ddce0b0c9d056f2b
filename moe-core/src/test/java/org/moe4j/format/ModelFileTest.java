// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.moe4j.format.FormatFiles.refused;
import static org.moe4j.format.FormatFiles.safetensors;
import static org.moe4j.format.FormatFiles.write;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.MixtureException;

@Timeout(60)
class ModelFileTest {

  private static final String SINGLE =
      "{\"t\": {\"dtype\": \"F32\", \"shape\": [2], \"data_offsets\": [0, 8]}}";

  @TempDir private Path folder;

  private Path gguf() {
    return write(
        folder,
        "m.gguf",
        new GgufBytes()
            .text("general.architecture", "llama")
            .floats("t", new float[] {1, 2, 3, 4, 5, 6}, 3, 2)
            .build());
  }

  private Path directory() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    write(model, "config.json", "{}");
    write(model, "model.safetensors", safetensors(SINGLE, 8));
    return model;
  }

  private void bad(Path path, String... named) throws IOException {
    refused(MixtureException.BadFile.class, () -> ModelFile.open(path).close(), named);
    refused(MixtureException.BadFile.class, () -> ModelFile.open(path, true).close(), named);
    FormatFiles.assertNothingOpen(folder);
  }

  @Test
  void refusesPathsThatAreNoModelInPlainWords() throws IOException {
    bad(folder.resolve("gone.gguf"), "gone.gguf: does not exist");
    bad(folder, folder + ": is a directory without config.json");
    bad(write(folder, "empty.gguf", new byte[0]), "empty.gguf: 0 bytes are too few");
    bad(write(folder, "notes.txt", "Hello, world"), "notes.txt: is no GGUF file");
    bad(
        directory().resolve("model.safetensors"),
        "model.safetensors: holds weights only, open the directory");
    Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("gone"));
    bad(folder.resolve("dangling"), "dangling: does not exist");
  }

  @Test
  void doesNotWaitForAPipe() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")));
    Path pipe = folder.resolve("pipe");
    new ProcessBuilder("/usr/bin/mkfifo", pipe.toString()).start().waitFor();
    bad(pipe, "pipe: is no regular file");
    Path model = directory();
    Files.delete(model.resolve("config.json"));
    Files.createSymbolicLink(model.resolve("config.json"), pipe);
    bad(model, "config.json: is no regular file");
  }

  @Test
  void refusesAFileItMayNotRead() throws IOException {
    Path file = gguf();
    assumeTrue(Files.getFileStore(file).supportsFileAttributeView("posix"));
    Files.setPosixFilePermissions(file, Set.of());
    assumeTrue(!Files.isReadable(file), "this user may read everything");
    bad(file, "may not be read");
  }

  @Test
  void findsTensorsByNameAndShape() throws IOException {
    Path path = gguf();
    try (ModelFile file = ModelFile.open(path)) {
      assertEquals(path, file.path());
      assertEquals(Optional.empty(), file.find("u"));
      assertEquals("t", file.find("t").orElseThrow().name());
      assertEquals(path.toString(), file.tensor("t", 2, 3).file());
      assertEquals(Optional.empty(), file.chatTemplate());
      assertEquals(Files.size(path), file.bytes());
      refused(
          MixtureException.BadFile.class,
          () -> file.tensor("u"),
          path + ": u: this tensor is missing (1 others found)");
      refused(
          MixtureException.BadFile.class,
          () -> file.tensor("t", 3, 2),
          path + ": t: expected shape [3, 2], found [2, 3]");
      refused(MixtureException.BadFile.class, () -> file.tensor("t", 6), "expected shape [6]");
    }
  }

  @Test
  void mapsAndCopiesToTheSameBytes() throws IOException {
    for (Path path : new Path[] {gguf(), directory()}) {
      try (ModelFile mapped = ModelFile.open(path);
          ModelFile copied = ModelFile.open(path, true)) {
        assertTrue(mapped.tensor("t").data().isMapped());
        assertTrue(copied.tensor("t").data().isNative());
        assertTrue(!copied.tensor("t").data().isMapped() && copied.tensor("t").data().isReadOnly());
        assertEquals(-1, mapped.tensor("t").data().mismatch(copied.tensor("t").data()));
        assertEquals(mapped.bytes(), copied.bytes());
      }
    }
  }

  @Test
  void aCopySurvivesTheFileBeingCut() throws IOException {
    Path path = gguf();
    try (ModelFile copied = ModelFile.open(path, true)) {
      FormatFiles.assertNothingOpen(folder);
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        channel.truncate(0);
      }
      assertArrayEquals(
          new float[] {1, 2, 3, 4, 5, 6}, FormatFiles.floats(copied.tensor("t", 2, 3)));
    }
  }

  @Test
  void refusesACopyThatDoesNotFitIntoMemory() throws IOException {
    Path path = gguf();
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(1L << 42);
    } catch (IOException e) {
      assumeTrue(false, "the file system has no files of 4 TB");
    }
    refused(
        MixtureException.Rejected.class,
        () -> ModelFile.open(path, true).close(),
        path + ": not enough memory for " + (1L << 42) + " bytes");
    FormatFiles.assertNothingOpen(folder);
  }

  @Test
  void closingUnmapsAndMayBeRepeated() throws IOException {
    for (Path path : new Path[] {gguf(), directory()}) {
      ModelFile file = ModelFile.open(path);
      TensorData tensor = file.tensor("t");
      file.close();
      file.close();
      FormatFiles.assertNothingOpen(folder);
      assertThrows(IllegalStateException.class, () -> tensor.data().get(ValueLayout.JAVA_BYTE, 0));
    }
  }

  @Test
  void settingsOutliveTheFile() throws IOException {
    Config config;
    try (ModelFile file = ModelFile.open(FormatFiles.fixture("reference.gguf"))) {
      config = file.config();
    }
    assertEquals("ßß", config.strings("kind.strings").get(2));
    assertArrayEquals(new int[] {3, -1, 2}, config.ints("kind.ints"));
  }

  @Test
  void aRefusedFileLeavesNothingOpen() throws IOException {
    byte[] sound = Files.readAllBytes(gguf());
    bad(write(folder, "cut.gguf", Arrays.copyOf(sound, sound.length - 20)), "cut off");
    Path model = directory();
    write(model, "generation_config.json", "{");
    bad(model, "generation_config.json: no sound JSON");
  }
}
