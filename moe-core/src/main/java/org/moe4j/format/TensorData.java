// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;

/**
 * One tensor of a model file: its name, type and shape, and its bytes where they lie. Immutable;
 * many threads may read it at once.
 *
 * <p>Shapes are row-major with the outermost dimension first: a linear weight is {@code [out, in]},
 * stacked experts are {@code [experts, out, in]}. GGUF files list them the other way round. The
 * bytes belong to the file the tensor was read from and are gone when that is closed: reading them
 * later throws {@link IllegalStateException}.
 */
public final class TensorData {

  private final String file;
  private final String name;
  private final TensorType type;
  private final long[] shape;
  private final long elements;
  private final Bytes data;
  private final long start;

  private TensorData(
      String file,
      String name,
      TensorType type,
      long[] shape,
      long elements,
      Bytes data,
      long start) {
    this.file = file;
    this.name = name;
    this.type = type;
    this.shape = shape;
    this.elements = elements;
    this.data = data;
    this.start = start;
  }

  /** Where the bytes come from. */
  @FunctionalInterface
  interface Bytes {

    /**
     * Whole rows of a tensor.
     *
     * @param offset the first byte
     * @param length number of bytes
     */
    MemorySegment range(long offset, long length);

    /** Whether the bytes are made when they are asked for. */
    default boolean derived() {
      return true;
    }
  }

  /** Bytes that are there. */
  private record Stored(MemorySegment bytes) implements Bytes {

    @Override
    public MemorySegment range(long offset, long length) {
      return bytes.asSlice(offset, length);
    }

    @Override
    public boolean derived() {
      return false;
    }
  }

  /**
   * A tensor over bytes that are already in memory. They are not copied and must not change.
   *
   * @param file where the tensor comes from, for messages
   * @param name its name
   * @param type how its elements are stored
   * @param data exactly the bytes of the tensor
   * @param shape the dimensions, outermost first; none for a single element
   * @throws IllegalArgumentException if a dimension is negative, the rows of a quantised type are
   *     no whole blocks, or the bytes are not as many as type and shape need
   */
  public static TensorData of(
      String file, String name, TensorType type, MemorySegment data, long... shape) {
    long elements = checkedElements(name, type, shape);
    if (data.byteSize() != type.bytes(elements)) {
      throw new IllegalArgumentException(
          "%s: %d bytes, but %s of %s needs %d"
              .formatted(
                  name, data.byteSize(), Arrays.toString(shape), type, type.bytes(elements)));
    }
    MemorySegment bytes = data.asReadOnly();
    return new TensorData(
        Objects.requireNonNull(file),
        Objects.requireNonNull(name),
        type,
        shape.clone(),
        elements,
        new Stored(bytes),
        0);
  }

  /**
   * A tensor whose bytes are made from those of others when somebody reads them, anew each time.
   *
   * @param file where the tensor comes from, for messages
   * @param name its name
   * @param type how its elements are stored
   * @param data makes exactly the bytes of the tensor; called by many threads
   * @param shape the dimensions, outermost first
   * @throws IllegalArgumentException if a dimension is negative or the rows of a quantised type are
   *     no whole blocks
   */
  public static TensorData derived(
      String file, String name, TensorType type, Supplier<MemorySegment> data, long... shape) {
    return derived(file, name, type, (offset, length) -> data.get().asSlice(offset, length), shape);
  }

  /** A derived tensor of which parts can be made alone. */
  static TensorData derived(String file, String name, TensorType type, Bytes data, long... shape) {
    return new TensorData(
        Objects.requireNonNull(file),
        Objects.requireNonNull(name),
        type,
        shape.clone(),
        checkedElements(name, type, shape),
        (offset, length) -> data.range(offset, length).asReadOnly(),
        0);
  }

  private static long checkedElements(String name, TensorType type, long[] shape) {
    long elements = 1;
    for (long size : shape) {
      if (size < 0) {
        throw new IllegalArgumentException(name + ": negative size in " + Arrays.toString(shape));
      }
      elements = Math.multiplyExact(elements, size);
    }
    if (type.isQuantized() && rowLength(shape) % type.blockSize() != 0) {
      throw new IllegalArgumentException(
          name + ": rows of " + rowLength(shape) + " are no whole blocks of " + type);
    }
    return elements;
  }

  private static long rowLength(long[] shape) {
    return shape.length == 0 ? 1 : shape[shape.length - 1];
  }

  /** The name in the file; a {@linkplain #slice part} has its index appended in brackets. */
  public String name() {
    return name;
  }

  /** How the elements are stored. */
  public TensorType type() {
    return type;
  }

  /** A copy of the dimensions, outermost first; empty for a single element. */
  public long[] shape() {
    return shape.clone();
  }

  /** The number of dimensions. */
  public int rank() {
    return shape.length;
  }

  /**
   * The size of one dimension.
   *
   * @param index the dimension, 0 being the outermost
   */
  public long size(int index) {
    return shape[index];
  }

  /** The number of elements. */
  public long elements() {
    return elements;
  }

  /** The number of bytes that all elements take up together. */
  public long bytes() {
    return type.bytes(elements);
  }

  /**
   * The bytes, read-only and exactly {@link #bytes()} long; they may begin at any address. Those of
   * a {@linkplain #derived derived} tensor are made by this call.
   */
  public MemorySegment data() {
    return data.range(start, bytes());
  }

  /** Whether the bytes are not in the file as they are, so that keeping them takes memory. */
  public boolean isDerived() {
    return data.derived();
  }

  /** The file that holds the tensor. */
  public String file() {
    return file;
  }

  /**
   * One entry of the outermost dimension, such as one expert of a stacked tensor. Nothing is
   * copied.
   *
   * @param index the entry, {@code 0 <= index < size(0)}
   * @return a tensor with one dimension less
   * @throws IndexOutOfBoundsException if there is no such entry
   * @throws IllegalArgumentException if an entry is no whole number of blocks
   */
  public TensorData slice(long index) {
    requireDimension();
    Objects.checkIndex(index, shape[0]);
    long each = elements / shape[0];
    long bytes = type.bytes(each);
    return new TensorData(
        file,
        name + "[" + index + "]",
        type,
        Arrays.copyOfRange(shape, 1, shape.length),
        each,
        data,
        start + index * bytes);
  }

  /**
   * A range of the outermost dimension, such as the gate half of a tensor that fuses gate and up.
   * Nothing is copied.
   *
   * @param from the first entry, {@code 0 <= from <= to}
   * @param to the entry after the last one, {@code to <= size(0)}
   * @return a tensor with as many dimensions
   * @throws IndexOutOfBoundsException if the range reaches beyond the tensor
   * @throws IllegalArgumentException if the range is no whole number of blocks
   */
  public TensorData rows(long from, long to) {
    requireDimension();
    Objects.checkFromToIndex(from, to, shape[0]);
    long each = shape[0] == 0 ? 0 : elements / shape[0];
    long[] part = shape.clone();
    part[0] = to - from;
    long offset = type.bytes(from * each);
    type.bytes(part[0] * each);
    return new TensorData(
        file, name + "[" + from + ":" + to + "]", type, part, part[0] * each, data, start + offset);
  }

  /**
   * Chosen rows of a matrix in a new order, such as every second row of a tensor that interleaves
   * gate and up. They are copied whenever somebody reads them.
   *
   * @param count number of rows
   * @param row the row that becomes row {@code i}, for {@code 0 <= i < count}
   * @throws IndexOutOfBoundsException if there is no such row
   * @throws IllegalArgumentException if a row is no whole number of blocks
   */
  public TensorData select(long count, LongUnaryOperator row) {
    requireDimension();
    long bytes = type.bytes(shape[0] == 0 ? 0 : elements / shape[0]);
    long[] part = shape.clone();
    part[0] = count;
    for (long i = 0; i < count; i++) {
      Objects.checkIndex(row.applyAsLong(i), shape[0]);
    }
    return derived(
        file,
        name + "[" + count + " rows]",
        type,
        () -> {
          MemorySegment from = data();
          MemorySegment to = Arena.ofAuto().allocate(Math.max(1, count * bytes), Long.BYTES);
          for (long i = 0; i < count; i++) {
            MemorySegment.copy(from, row.applyAsLong(i) * bytes, to, i * bytes, bytes);
          }
          return to.asSlice(0, count * bytes);
        },
        part);
  }

  /**
   * A matrix with rows and columns exchanged. It is copied whenever somebody reads it. What is
   * stored in blocks of a row becomes halves, but floats of 8 bits with scales become floats.
   *
   * @throws IllegalArgumentException if this is no matrix
   */
  public TensorData transposed() {
    requireMatrix();
    return transposed(0, 1, shape[1]);
  }

  /**
   * Chosen columns of a matrix as rows, such as every second of one that interleaves gate and up;
   * otherwise as {@link #transposed()}.
   *
   * @param first the column that becomes the first row, 0 or more
   * @param step distance of the columns that become neighbouring rows, at least 1
   * @param count number of rows
   * @throws IndexOutOfBoundsException if a column is none of the matrix
   * @throws IllegalArgumentException if this is no matrix
   */
  public TensorData transposed(long first, long step, long count) {
    requireMatrix();
    if (count > 0) {
      Objects.checkIndex(first, shape[1]);
      Objects.checkIndex(first + Math.multiplyExact(step, count - 1), shape[1]);
    }
    TensorType given = Transposed.type(type);
    return derived(
        file,
        name + " transposed",
        given,
        new Transposed(this, given, first, step),
        count,
        shape[0]);
  }

  private void requireMatrix() {
    if (shape.length != 2) {
      throw new IllegalArgumentException(this + " cannot be transposed");
    }
  }

  private void requireDimension() {
    if (shape.length == 0) {
      throw new IllegalArgumentException(name + " is a single element and has no parts");
    }
  }

  @Override
  public String toString() {
    return name + " " + type + " " + Arrays.toString(shape);
  }
}
