// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.moe4j.device.DeviceProvider;

/** Where the fixtures are, and the devices to try them on. */
final class Fixtures {

  private Fixtures() {}

  /** Every device that can be used here. */
  static List<DeviceProvider> devices() {
    return ServiceLoader.load(DeviceProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.unavailable().isEmpty())
        .toList();
  }

  /** The directories of the parity cases. */
  static List<Path> cases() {
    return entries(resource("/parity"));
  }

  /** The same parameters as a GGUF file, where a case has one; the first file of a split set. */
  static Optional<Path> twin(Path directory) {
    return entries(directory).stream()
        .filter(file -> file.getFileName().toString().matches("twin(-00001-of-\\d+)?\\.gguf"))
        .findFirst();
  }

  /** The quantised models, one a tensor type. */
  static List<Path> quantised() {
    return entries(resource("/llamacpp/quantised")).stream()
        .filter(file -> file.toString().endsWith(".gguf"))
        .toList();
  }

  /** The directories with packed weights. */
  static List<Path> packed() {
    return entries(resource("/packed")).stream().filter(Files::isDirectory).toList();
  }

  /** A file or folder among the test resources. */
  static Path resource(String name) {
    URL url = Fixtures.class.getResource(name);
    if (url == null) {
      throw new IllegalStateException(name + " is not among the test resources");
    }
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Path> entries(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
