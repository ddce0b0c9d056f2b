// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import com.google.common.primitives.ImmutableLongArray;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.moe4j.MixtureException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * One safetensors file, parsed: the tensors that its header lists. As the format demands, they fill
 * the data from its first byte to its last without gap or overlap.
 *
 * @param tensors the tensors in the order of the header
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
record SafetensorsFile(List<TensorData> tensors) {

  private static final String HEADER = "header";
  private static final String METADATA = "__metadata__";
  private static final int MAX_DIMENSIONS = 16;
  private static final int MAX_TENSORS = 1 << 18;

  /**
   * Parses a file.
   *
   * @param file its name, for messages
   * @param data all its bytes
   */
  static SafetensorsFile parse(String file, MemorySegment data) {
    if (data.byteSize() < Long.BYTES) {
      throw new MixtureException.BadFile(
          file, null, data.byteSize() + " bytes are too few for a safetensors file", null);
    }
    long length = data.get(GgufValue.LONG, 0);
    long limit = Math.min(Json.MAX_BYTES, data.byteSize() - Long.BYTES);
    if (length < 0 || length > limit) {
      throw new MixtureException.BadFile(
          file,
          HEADER,
          "expected at most %d bytes, found a length of %s"
              .formatted(limit, Long.toUnsignedString(length)),
          null);
    }
    MemorySegment header = data.asSlice(Long.BYTES, length);
    if (length == 0 || header.get(ValueLayout.JAVA_BYTE, 0) != '{') {
      throw new MixtureException.BadFile(file, HEADER, "expected it to begin with a brace", null);
    }
    List<TensorHeader> headers =
        Json.parse(new SegmentStream(header), file, HEADER, parser -> headers(file, parser));
    return new SafetensorsFile(place(file, headers, data.asSlice(Long.BYTES + length)));
  }

  private static List<TensorHeader> headers(String file, JsonParser parser) {
    List<TensorHeader> headers = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = TensorHeader.checkName(file, HEADER, parser.currentName());
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new MixtureException.BadFile(file, name, "expected an object", null);
      }
      if (name.equals(METADATA)) {
        skipStrings(file, parser);
      } else if (headers.size() == MAX_TENSORS) {
        throw new MixtureException.BadFile(
            file, HEADER, "more than " + MAX_TENSORS + " tensors", null);
      } else {
        headers.add(header(file, name, parser));
      }
    }
    return headers;
  }

  private static void skipStrings(String file, JsonParser parser) {
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw new MixtureException.BadFile(file, METADATA, "expected only strings", null);
      }
    }
  }

  private static TensorHeader header(String file, String name, JsonParser parser) {
    String dtype = null;
    ImmutableLongArray shape = null;
    ImmutableLongArray offsets = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String field = parser.currentName();
      parser.nextToken();
      switch (field) {
        case "dtype" -> dtype = string(file, name, parser);
        case "shape" -> shape = sizes(file, name, parser);
        case "data_offsets" -> offsets = sizes(file, name, parser);
        default ->
            throw new MixtureException.BadFile(
                file,
                name,
                "expected only dtype, shape and data_offsets, found " + Json.show(field),
                null);
      }
    }
    if (dtype == null || shape == null || offsets == null || offsets.length() != 2) {
      throw new MixtureException.BadFile(
          file, name, "expected a dtype, a shape and two data_offsets", null);
    }
    String found = dtype;
    TensorType type =
        TensorType.ofSafetensors(dtype)
            .orElseThrow(() ->
                new MixtureException.Unsupported(
                    file + ": " + name, "dtype " + Json.show(found), TensorType.supportedNames()));
    long bytes = TensorHeader.bytes(file, name, type, shape);
    if (bytes != offsets.get(1) - offsets.get(0)) {
      throw new MixtureException.BadFile(
          file,
          name,
          "%s of shape %s needs %d bytes, data_offsets are %s"
              .formatted(type, shape, bytes, offsets),
          null);
    }
    return new TensorHeader(name, type, shape, offsets.get(0), offsets.get(1));
  }

  private static String string(String file, String name, JsonParser parser) {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw new MixtureException.BadFile(file, name, "expected the dtype to be a string", null);
    }
    return parser.getString();
  }

  private static ImmutableLongArray sizes(String file, String name, JsonParser parser) {
    ImmutableLongArray.Builder sizes = ImmutableLongArray.builder();
    int count = 0;
    boolean sound = parser.currentToken() == JsonToken.START_ARRAY;
    while (sound && parser.nextToken() != JsonToken.END_ARRAY) {
      sound =
          count++ < MAX_DIMENSIONS
              && parser.currentToken() == JsonToken.VALUE_NUMBER_INT
              && (parser.getNumberType() == JsonParser.NumberType.INT
                  || parser.getNumberType() == JsonParser.NumberType.LONG)
              && parser.getLongValue() >= 0;
      if (sound) {
        sizes.add(parser.getLongValue());
      }
    }
    if (!sound) {
      throw new MixtureException.BadFile(
          file,
          name,
          "expected lists of at most %d integers from 0 to 2^63 - 1".formatted(MAX_DIMENSIONS),
          null);
    }
    return sizes.build();
  }

  private static List<TensorData> place(
      String file, List<TensorHeader> headers, MemorySegment data) {
    List<TensorData> tensors = TensorHeader.cut(file, headers, data);
    long end = 0;
    String before = "the header";
    for (TensorHeader each : TensorHeader.inOrderOfBytes(headers)) {
      if (each.begin() != end) {
        throw new MixtureException.BadFile(
            file,
            each.name(),
            "begins at byte %d of the data, expected %d, where %s ends"
                .formatted(each.begin(), end, before),
            null);
      }
      end = each.end();
      before = each.name();
    }
    if (end != data.byteSize()) {
      throw new MixtureException.BadFile(
          file,
          null,
          "%d bytes after the last tensor, expected none".formatted(data.byteSize() - end),
          null);
    }
    return tensors;
  }

  /** The bytes of a segment as a stream. */
  private static final class SegmentStream extends InputStream {
    private final MemorySegment segment;
    private long position;

    SegmentStream(MemorySegment segment) {
      this.segment = segment;
    }

    @Override
    public int read() {
      return position == segment.byteSize()
          ? -1
          : segment.get(ValueLayout.JAVA_BYTE, position++) & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      long left = segment.byteSize() - position;
      if (left == 0 && length > 0) {
        return -1;
      }
      int count = (int) Math.min(left, length);
      MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, position, target, offset, count);
      position += count;
      return count;
    }
  }
}
