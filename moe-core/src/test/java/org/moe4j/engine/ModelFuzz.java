// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.moe4j.format.Config;
import org.moe4j.format.FileParts;
import org.moe4j.format.ModelFile;
import org.moe4j.format.TensorData;
import org.moe4j.fuzz.Contract;

/**
 * Settings of models, which a family maps: a {@code config.json}, tried on the tensors of the
 * fixture whose settings it resembles most; or the header of a GGUF file, followed by zeros.
 */
public final class ModelFuzz {

  private static final byte[] GGUF = {'G', 'G', 'U', 'F'};

  /** Room for the tensors of every twin. */
  private static final MemorySegment IMAGE = Arena.ofAuto().allocate(8 << 20);

  private static final List<Fixture> FIXTURES = fixtures();
  private static final Path CONFIG = temporary();

  private static long dirty;

  private ModelFuzz() {}

  /** Settings and tensors that belong together. */
  private record Fixture(Path folder, Config config, Collection<TensorData> tensors) {

    long likeness(Config other) {
      return other.keys().stream()
          .filter(key -> Objects.equals(other.value(key), config.value(key)))
          .mapToLong(key -> key.equals("model_type") ? 1000 : 1)
          .sum();
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // They stay open as long as the process runs.
  private static List<Fixture> fixtures() {
    try (Stream<Path> folders =
        Files.list(
            Path.of(Objects.requireNonNull(ModelFuzz.class.getResource("/parity")).toURI()))) {
      List<Fixture> fixtures = new ArrayList<>();
      for (Path folder : folders.sorted().toList()) {
        ModelFile file = ModelFile.open(folder);
        fixtures.add(new Fixture(folder, file.config(), file.tensors()));
      }
      return fixtures;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path temporary() {
    try {
      Path file = Files.createTempFile("moe4j-fuzz", ".json");
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Describes one model.
   *
   * @param bytes its settings
   */
  public static void fuzzerTestOneInput(byte[] bytes) {
    Contract.check(() -> {
      if (isGguf(bytes)) {
        Inspection.of(FileParts.gguf(Path.of("fuzz.gguf"), image(bytes)));
      } else {
        Inspection.of(directory(bytes));
      }
    });
  }

  static boolean isGguf(byte[] bytes) {
    return bytes.length >= 4 && Arrays.equals(bytes, 0, 4, GGUF, 0, 4);
  }

  private static MemorySegment image(byte[] bytes) {
    long length = Math.min(bytes.length, IMAGE.byteSize());
    IMAGE.asSlice(0, Math.max(dirty, length)).fill((byte) 0);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, IMAGE, 0, length);
    dirty = length;
    return IMAGE;
  }

  private static ModelFile directory(byte[] bytes) {
    Config config = config(bytes);
    return FileParts.directory(Path.of("fuzz"), config, closest(config).tensors);
  }

  /** The folder of the fixture whose settings are most like some. */
  static Path closest(byte[] settings) {
    return closest(config(settings)).folder;
  }

  private static Config config(byte[] bytes) {
    try {
      Files.write(CONFIG, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Config.readJson(CONFIG);
  }

  private static Fixture closest(Config config) {
    Fixture closest = FIXTURES.getFirst();
    for (Fixture fixture : FIXTURES) {
      if (fixture.likeness(config) > closest.likeness(config)) {
        closest = fixture;
      }
    }
    return closest;
  }
}
