// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.format.ModelFile;
import org.moe4j.model.ModelSpec;
import tools.jackson.databind.json.JsonMapper;

/** A parity fixture with another {@code config.json}, or without some of its files. */
final class Variant {

  private static final JsonMapper JSON = new JsonMapper();

  private final Path directory;
  private final Map<String, @Nullable Object> config;

  private Variant(Path directory, Map<String, @Nullable Object> config) {
    this.directory = directory;
    this.config = config;
  }

  /** Copies a fixture into a new directory. */
  static Variant of(String fixture, Path scratch) {
    try {
      Path source = Path.of(Variant.class.getResource("/parity/" + fixture).toURI());
      Path directory = Files.createTempDirectory(scratch, fixture);
      try (Stream<Path> files = Files.list(source)) {
        for (Path file : files.toList()) {
          Files.copy(file, directory.resolve(file.getFileName()));
        }
      }
      return new Variant(directory, read(directory.resolve("config.json")));
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings("unchecked") // A JSON object is a map from strings.
  private static Map<String, @Nullable Object> read(Path json) {
    return JSON.readValue(json.toFile(), LinkedHashMap.class);
  }

  Variant with(String key, @Nullable Object value) {
    config.put(key, value);
    return this;
  }

  Variant without(String key) {
    config.remove(key);
    return this;
  }

  /** Maps the model and looks at it while its file is open. */
  void map(Consumer<ModelSpec> look) {
    Path file = directory.resolve("config.json");
    try {
      Files.writeString(file, JSON.writeValueAsString(config));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    try (ModelFile model = ModelFile.open(directory)) {
      look.accept(Families.map(model));
    }
  }

  MixtureException.BadFile bad() {
    return org.junit.jupiter.api.Assertions.assertThrows(
        MixtureException.BadFile.class, () -> map(spec -> {}));
  }

  MixtureException.Unsupported unsupported() {
    return org.junit.jupiter.api.Assertions.assertThrows(
        MixtureException.Unsupported.class, () -> map(spec -> {}));
  }
}
