// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import com.google.common.primitives.ImmutableLongArray;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.moe4j.MixtureException;

/**
 * Parses one GGUF file, versions 2 and 3, little-endian. The limits on counts are far above any
 * real file; they bound the memory that a hostile one can take.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the format</a>
 */
final class GgufParser {

  private static final int MAGIC = 'G' | 'G' << 8 | 'U' << 16 | 'F' << 24;

  private static final int MAX_KEYS = 1 << 16;
  private static final int MAX_TENSORS = 1 << 18;

  /** What a tensor takes on the heap: its header, its views of the file, its description. */
  private static final long TENSOR_HEAP = 1024;

  private static final int MAX_NESTED = 1 << 16;
  private static final int MAX_DEPTH = 4;
  private static final int MAX_DIMENSIONS = 4;
  private static final long DEFAULT_ALIGNMENT = 32;
  private static final GgufValue[] VALUE_TYPES = GgufValue.values();

  private final String file;
  private final MemorySegment data;
  private final GgufCursor cursor;
  private int nested;

  private GgufParser(String file, MemorySegment data) {
    this.file = file;
    this.data = data;
    this.cursor = new GgufCursor(file, data);
  }

  /**
   * What a file holds.
   *
   * @param config the metadata
   * @param tensors the tensors in the order of the file
   */
  record Part(Config config, List<TensorData> tensors) {}

  /**
   * Parses a file.
   *
   * @param file its name, for messages
   * @param data all its bytes
   */
  static Part parse(String file, MemorySegment data) {
    return new GgufParser(file, data).parse();
  }

  private Part parse() {
    checkVersion();
    // The least a tensor takes is a name length, a number of dimensions, a type and an offset;
    // the least a key takes is its length, a type and one byte.
    long tensorCount = limited("number of tensors", 24, MAX_TENSORS);
    HeapLimit.check(file, "number of tensors", tensorCount, TENSOR_HEAP);
    long keyCount = limited("number of keys", 13, MAX_KEYS);
    Config config = Config.of(file, metadata(keyCount));
    long alignment = config.integer("general.alignment", DEFAULT_ALIGNMENT);
    if (alignment < 1 || Long.bitCount(alignment) != 1) {
      throw cursor.bad("general.alignment", "expected a power of two, found " + alignment);
    }
    Map<String, TensorHeader> headers = new LinkedHashMap<>();
    for (long i = 0; i < tensorCount; i++) {
      TensorHeader header = header(i, alignment);
      if (headers.put(header.name(), header) != null) {
        throw cursor.bad(header.name(), "two tensors have this name");
      }
    }
    return new Part(config, place(headers.values().stream().toList(), alignment));
  }

  private void checkVersion() {
    if (cursor.remaining() < 8) {
      throw new MixtureException.BadFile(
          file, null, cursor.remaining() + " bytes are too few for a GGUF file", null);
    }
    int magic = cursor.int32("magic");
    if (magic != MAGIC) {
      throw new MixtureException.BadFile(
          file,
          null,
          "is no GGUF file: expected it to begin with \"GGUF\", found 0x%08x"
              .formatted(Integer.reverseBytes(magic)),
          null);
    }
    int version = cursor.int32("version");
    if (version == 2 || version == 3) {
      return;
    }
    String supported = "little-endian GGUF versions 2 and 3";
    if (version == 1) {
      throw new MixtureException.Unsupported(file, "GGUF version 1", supported);
    }
    int swapped = Integer.reverseBytes(version);
    if (swapped > 0 && swapped <= 0xff) {
      throw new MixtureException.Unsupported(
          file, "big-endian GGUF (version " + swapped + ")", supported);
    }
    if (version > 3 && version <= 0xff) {
      throw new MixtureException.Unsupported(file, "GGUF version " + version, supported);
    }
    throw cursor.bad("version", "expected 2 or 3, found " + Integer.toUnsignedString(version));
  }

  private long limited(String part, long leastBytes, long limit) {
    long count = cursor.count(part, leastBytes);
    if (count > limit) {
      throw cursor.bad(part, "expected at most " + limit + ", found " + count);
    }
    return count;
  }

  private Map<String, Object> metadata(long count) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    for (long i = 0; i < count; i++) {
      String key = name("key " + i);
      if (metadata.put(key, value(key, valueType(key), 0)) != null) {
        throw cursor.bad(key, "is there twice");
      }
    }
    return metadata;
  }

  private String name(String part) {
    return TensorHeader.checkName(file, part, cursor.name(part));
  }

  private GgufValue valueType(String key) {
    int id = cursor.int32(key);
    if (id < 0 || id >= VALUE_TYPES.length) {
      throw cursor.bad(
          key,
          "expected a value type from 0 to %d, found %s"
              .formatted(VALUE_TYPES.length - 1, Integer.toUnsignedString(id)));
    }
    return VALUE_TYPES[id];
  }

  private Object value(String key, GgufValue type, int depth) {
    return switch (type) {
      case STRING -> cursor.string(key);
      case ARRAY -> array(key, depth + 1);
      default -> cursor.scalar(type, key);
    };
  }

  private Object array(String key, int depth) {
    if (depth > MAX_DEPTH) {
      throw cursor.bad(key, "lists nest deeper than " + MAX_DEPTH);
    }
    GgufValue type = valueType(key);
    return switch (type) {
      case STRING -> cursor.strings((int) cursor.count(key, Long.BYTES), key);
      case ARRAY -> lists(key, cursor.count(key, Integer.BYTES + Long.BYTES), depth);
      default -> new NumberArray(type, cursor.scalars(type, cursor.count(key, type.bytes()), key));
    };
  }

  private List<Object> lists(String key, long count, int depth) {
    if (count > MAX_NESTED - nested) {
      throw cursor.bad(key, "more than " + MAX_NESTED + " nested lists");
    }
    nested += (int) count;
    List<Object> lists = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      lists.add(array(key, depth + 1));
    }
    return lists;
  }

  private TensorHeader header(long index, long alignment) {
    String name = name("name of tensor " + index);
    int dimensions = cursor.int32(name);
    if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
      throw cursor.bad(
          name,
          "expected at most %d dimensions, found %s"
              .formatted(MAX_DIMENSIONS, Integer.toUnsignedString(dimensions)));
    }
    long[] shape = new long[dimensions];
    for (int i = dimensions - 1; i >= 0; i--) {
      shape[i] = cursor.int64(name);
    }
    int id = cursor.int32(name);
    TensorType type =
        TensorType.ofGgufId(id)
            .orElseThrow(() ->
                new MixtureException.Unsupported(
                    file + ": " + name,
                    "tensor type " + Integer.toUnsignedString(id),
                    TensorType.supportedNames()));
    ImmutableLongArray sizes = ImmutableLongArray.copyOf(shape);
    if (sizes.stream().anyMatch(size -> size < 1)) {
      throw cursor.bad(name, "expected sizes of 1 to 2^63 - 1, found " + sizes);
    }
    long bytes = TensorHeader.bytes(file, name, type, sizes);
    long offset = cursor.int64(name);
    if (offset < 0 || offset % alignment != 0 || offset > Long.MAX_VALUE - bytes) {
      throw cursor.bad(
          name,
          "expected an offset in the file that is a multiple of %d, found %s"
              .formatted(alignment, Long.toUnsignedString(offset)));
    }
    return new TensorHeader(name, type, sizes, offset, offset + bytes);
  }

  /** Cuts the tensors out of the data and checks that no two share bytes. */
  private List<TensorData> place(List<TensorHeader> headers, long alignment) {
    if (headers.isEmpty()) {
      return List.of();
    }
    long end = cursor.position();
    long padding = (alignment - end % alignment) % alignment;
    MemorySegment body = data.asSlice(Math.min(data.byteSize(), end + padding));
    List<TensorData> tensors = TensorHeader.cut(file, headers, body);
    TensorHeader before = null;
    for (TensorHeader each : TensorHeader.inOrderOfBytes(headers)) {
      if (before != null && before.end() > each.begin()) {
        throw cursor.bad(
            each.name(),
            "begins at byte %d of the data, inside %s, which ends at %d"
                .formatted(each.begin(), before.name(), before.end()));
      }
      before = each;
    }
    return tensors;
  }
}
