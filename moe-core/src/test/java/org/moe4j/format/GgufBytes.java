// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes GGUF files as a test wants them, sound or not. Offsets follow each other unless they are
 * given.
 */
public final class GgufBytes {

  private static final int ALIGNMENT = 32;

  private final ByteArrayOutputStream keys = new ByteArrayOutputStream();
  private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private int version = 3;
  private long keyCount;
  private long tensorCount;
  private @Nullable Long claimedKeys;
  private @Nullable Long claimedTensors;

  public GgufBytes version(int version) {
    this.version = version;
    return this;
  }

  /** Writes another number of keys than there are. */
  public GgufBytes claimKeys(long count) {
    claimedKeys = count;
    return this;
  }

  /** Writes another number of tensors than there are. */
  public GgufBytes claimTensors(long count) {
    claimedTensors = count;
    return this;
  }

  public GgufBytes text(String key, String value) {
    return key(key, 8, string(value));
  }

  public GgufBytes uint32(String key, long value) {
    return key(key, 4, int32((int) value));
  }

  GgufBytes uint16(String key, int value) {
    return key(
        key,
        2,
        ByteBuffer.allocate(2).order(ByteOrder.LITTLE_ENDIAN).putShort((short) value).array());
  }

  /** Adds a list. */
  public GgufBytes list(String key, int type, long count, byte[]... entries) {
    return key(key, 9, int32(type), int64(count), join(entries));
  }

  /** Adds a key with any type and bytes. */
  public GgufBytes key(String key, int type, byte[]... value) {
    return key(string(key), type, value);
  }

  /** Adds a key whose own string may be unsound. */
  GgufBytes key(byte[] key, int type, byte[]... value) {
    keyCount++;
    keys.writeBytes(key);
    keys.writeBytes(int32(type));
    keys.writeBytes(join(value));
    return this;
  }

  /** Adds a tensor of zeros after those that are there. */
  public GgufBytes zeros(String name, TensorType type, long... ne) {
    long elements = 1;
    for (long each : ne) {
      elements *= each;
    }
    return tensor(name, ggufId(type), new byte[(int) type.bytes(elements)], ne);
  }

  /** Adds a tensor of F32 values after those that are there. */
  public GgufBytes floats(String name, float[] values, long... ne) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return tensor(name, 0, bytes.array(), ne);
  }

  /** Adds a tensor of any type after those that are there. */
  public GgufBytes tensor(String name, int type, byte[] bytes, long... ne) {
    header(string(name), ne.length, ne, type, data.size());
    data.writeBytes(bytes);
    pad(data);
    return this;
  }

  /** Adds what a header says about a tensor, and no bytes. */
  public GgufBytes header(byte[] name, int dimensions, long[] ne, int type, long offset) {
    tensorCount++;
    tensors.writeBytes(name);
    tensors.writeBytes(int32(dimensions));
    for (long each : ne) {
      tensors.writeBytes(int64(each));
    }
    tensors.writeBytes(int32(type));
    tensors.writeBytes(int64(offset));
    return this;
  }

  public GgufBytes header(String name, TensorType type, long offset, long... ne) {
    return header(string(name), ne.length, ne, ggufId(type), offset);
  }

  /** Adds zeros to the data. */
  public GgufBytes data(int bytes) {
    data.writeBytes(new byte[bytes]);
    return this;
  }

  public byte[] build() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(int32(version));
    out.writeBytes(int64(claimedTensors == null ? tensorCount : claimedTensors));
    out.writeBytes(int64(claimedKeys == null ? keyCount : claimedKeys));
    out.writeBytes(keys.toByteArray());
    out.writeBytes(tensors.toByteArray());
    pad(out);
    out.writeBytes(data.toByteArray());
    return out.toByteArray();
  }

  private static void pad(ByteArrayOutputStream out) {
    while (out.size() % ALIGNMENT != 0) {
      out.write(0);
    }
  }

  private static int ggufId(TensorType type) {
    for (int id = 0; ; id++) {
      if (TensorType.ofGgufId(id).filter(type::equals).isPresent()) {
        return id;
      }
    }
  }

  public static byte[] string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return join(int64(bytes.length), bytes);
  }

  public static byte[] int32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  public static byte[] int64(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  public static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
