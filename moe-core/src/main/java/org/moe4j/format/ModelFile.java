// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import org.moe4j.MixtureException;

/**
 * A model on disk, open for reading: its settings and its tensors, whose bytes are mapped and not
 * copied. Safe for many threads.
 *
 * <p>The caller closes it, once nothing reads a tensor any more. Everything that is not sound is
 * refused when it is opened, and then nothing stays mapped. A mapped file must not be truncated
 * while it is open; where that cannot be ruled out, open it as a copy.
 */
public abstract sealed class ModelFile implements AutoCloseable
    permits GgufFile, SafetensorsDirectory {

  private final Path path;
  private final Arena arena;
  private final Config config;
  private final Map<String, TensorData> tensors;
  private final long bytes;

  ModelFile(Path path, Arena arena, Config config, Map<String, TensorData> tensors, long bytes) {
    this.path = path;
    this.arena = arena;
    this.config = config;
    this.tensors = tensors;
    this.bytes = bytes;
  }

  /**
   * Opens and maps a model.
   *
   * @param path a GGUF file, of a split set the first, or a directory with {@code config.json} and
   *     safetensors
   * @throws MixtureException.BadFile if it is missing, unreadable, damaged or something else
   * @throws MixtureException.Unsupported if the version of the format or the type of a tensor is
   *     unknown
   */
  public static ModelFile open(Path path) {
    return open(path, false);
  }

  /**
   * Opens a model, mapped or as a copy in memory outside the Java heap.
   *
   * @param path a GGUF file, of a split set the first, or a directory with {@code config.json} and
   *     safetensors
   * @param copy reads everything now, so that the files may change or go away later
   * @throws MixtureException.BadFile if it is missing, unreadable, damaged or something else
   * @throws MixtureException.Unsupported if the version of the format or the type of a tensor is
   *     unknown
   * @throws MixtureException.Rejected if there is too little memory for the copy
   */
  @SuppressWarnings("MustBeClosedChecker") // The model that is returned closes the arena.
  public static ModelFile open(Path path, boolean copy) {
    if (!Files.exists(path)) {
      throw new MixtureException.BadFile(path.toString(), null, "does not exist", null);
    }
    if (Files.isRegularFile(path) && path.toString().endsWith(".safetensors")) {
      throw new MixtureException.BadFile(
          path.toString(),
          null,
          "holds weights only, open the directory that has it and its config.json",
          null);
    }
    Arena arena = Arena.ofShared();
    try {
      return Files.isDirectory(path)
          ? SafetensorsDirectory.read(path, arena, copy)
          : GgufFile.read(path, arena, copy);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** The path that was opened. */
  public Path path() {
    return path;
  }

  /**
   * The metadata of a GGUF file, with full keys such as {@code qwen3moe.block_count}, or {@code
   * config.json}.
   */
  public Config config() {
    return config;
  }

  /** The model's own chat template, if it has one. */
  public abstract Optional<String> chatTemplate();

  /** All tensors, in the order of the file. */
  public Collection<TensorData> tensors() {
    return Collections.unmodifiableCollection(tensors.values());
  }

  /**
   * A tensor, if the model has it.
   *
   * @param name its name in the file
   */
  public Optional<TensorData> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /**
   * A tensor that must be there.
   *
   * @param name its name in the file
   * @throws MixtureException.BadFile if it is missing
   */
  public TensorData tensor(String name) {
    TensorData tensor = tensors.get(name);
    if (tensor == null) {
      throw new MixtureException.BadFile(
          path.toString(),
          name,
          "this tensor is missing (" + tensors.size() + " others found)",
          null);
    }
    return tensor;
  }

  /**
   * A tensor that must be there with a certain shape.
   *
   * @param name its name in the file
   * @param shape the expected dimensions, outermost first
   * @throws MixtureException.BadFile if it is missing or has another shape
   */
  public TensorData tensor(String name, long... shape) {
    TensorData tensor = tensor(name);
    if (!Arrays.equals(tensor.shape(), shape)) {
      throw new MixtureException.BadFile(
          tensor.file(),
          name,
          "expected shape %s, found %s"
              .formatted(Arrays.toString(shape), Arrays.toString(tensor.shape())),
          null);
    }
    return tensor;
  }

  /** The size of all files with tensors together, in bytes. */
  public long bytes() {
    return bytes;
  }

  /**
   * Unmaps the files. Reading a tensor later throws {@link IllegalStateException}. Closing again
   * does nothing.
   *
   * @throws IllegalStateException if a thread is reading a tensor right now; the model then stays
   *     open
   */
  @Override
  public synchronized void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
