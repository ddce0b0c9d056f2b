// SPDX-License-Identifier: Apache-2.0
package org.moe4j.demo;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The demo model, a small trained Qwen3-MoE, unpacked from the jar: a file inside a jar cannot be
 * memory-mapped.
 *
 * <p>The file is written once for each user and named by its hash. Processes that unpack at the
 * same time do not disturb each other: each writes a file of its own and renames it when it is
 * complete.
 */
public final class DemoModel {

  private static final String RESOURCE = "moe4j-demo-Q8_0.gguf";
  private static final String SHA_256 =
      "c427f19e16cd1a25d0b33bec2eeb8602dd6c21a4ab67ed4e2f68a3d1ce4471d7";

  private DemoModel() {}

  /**
   * The model as a GGUF file.
   *
   * <p>It lies in the first of these folders that can be written: {@code MOE4J_CACHE}, {@code
   * XDG_CACHE_HOME/moe4j} (both environment variables), {@code .cache/moe4j} in the user's home,
   * the folder for temporary files.
   *
   * @throws UncheckedIOException if none of the folders can be written
   */
  public static Path path() {
    return unpackInto(folders(System.getenv(), System.getProperty("user.home")));
  }

  static List<Path> folders(Map<String, String> environment, String home) {
    List<Path> folders = new ArrayList<>();
    if (isSet(environment.get("MOE4J_CACHE"))) {
      folders.add(Path.of(environment.get("MOE4J_CACHE")));
    }
    if (isSet(environment.get("XDG_CACHE_HOME"))) {
      folders.add(Path.of(environment.get("XDG_CACHE_HOME"), "moe4j"));
    }
    if (isSet(home)) {
      folders.add(Path.of(home, ".cache", "moe4j"));
    }
    folders.add(
        Path.of(System.getProperty("java.io.tmpdir"), "moe4j-" + System.getProperty("user.name")));
    return folders;
  }

  private static boolean isSet(String value) {
    return value != null && !value.isBlank();
  }

  static Path unpackInto(List<Path> folders) {
    IOException failure = new IOException("no folder to unpack the demo model into: " + folders);
    for (Path folder : folders) {
      Path file = folder.resolve("moe4j-demo-" + SHA_256.substring(0, 16) + ".gguf");
      try {
        if (!isComplete(file)) {
          unpack(file);
        }
        return file.toAbsolutePath();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
    throw new UncheckedIOException(failure);
  }

  /** The content is compared, not only the length: others may be able to write to the folder. */
  private static boolean isComplete(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      return hash(in, OutputStream.nullOutputStream()).equals(SHA_256);
    }
  }

  private static void unpack(Path file) throws IOException {
    Path folder = Files.createDirectories(file.toAbsolutePath().getParent());
    Path part = Files.createTempFile(folder, "moe4j-demo-", ".part");
    try {
      try (InputStream in = DemoModel.class.getResourceAsStream(RESOURCE);
          OutputStream out = Files.newOutputStream(part)) {
        if (in == null) {
          throw new FileNotFoundException(RESOURCE + " is not in the jar of the demo model");
        }
        String found = hash(in, out);
        if (!found.equals(SHA_256)) {
          throw new IOException(
              "%s in the jar has SHA-256 %s, expected %s".formatted(RESOURCE, found, SHA_256));
        }
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static String hash(InputStream in, OutputStream copy) throws IOException {
    try (DigestInputStream digested =
        new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
      digested.transferTo(copy);
      return HexFormat.of().formatHex(digested.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
