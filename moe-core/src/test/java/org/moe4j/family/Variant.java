// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
import tools.jackson.databind.JsonNode;
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

  /** Makes the first value of a BF16 or F32 tensor of a model in one file not a number. */
  Variant withNan(String tensor) {
    Path file = directory.resolve("model.safetensors");
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      int header = Math.toIntExact(bytes.getLong(0));
      JsonNode entry = JSON.readTree(bytes.array(), 8, header).get(tensor);
      int first = 8 + header + entry.get("data_offsets").get(0).asInt();
      switch (entry.get("dtype").asString()) {
        case "BF16" -> bytes.putShort(first, (short) 0x7fc0);
        case "F32" -> bytes.putFloat(first, Float.NaN);
        default -> throw new AssertionError(entry);
      }
      Files.write(file, bytes.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
    return assertThrows(MixtureException.BadFile.class, () -> map(spec -> {}));
  }

  MixtureException.Unsupported unsupported() {
    return assertThrows(MixtureException.Unsupported.class, () -> map(spec -> {}));
  }
}
