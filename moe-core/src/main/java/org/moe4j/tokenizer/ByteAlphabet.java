// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The alphabet in which byte-level vocabularies write bytes: printable Latin-1 characters stand for
 * themselves, the 68 other byte values for the code points from 256 on, in order. So a space is
 * written as U+0120.
 *
 * @see <a href="https://github.com/openai/gpt-2">GPT-2, where it comes from</a>
 */
final class ByteAlphabet {

  private static final char[] CHAR_OF_BYTE = new char[256];
  private static final short[] BYTE_OF_CHAR = new short[256 + 68];

  static {
    Arrays.fill(BYTE_OF_CHAR, (short) -1);
    int other = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b > 0x20 && b < 0x7F) || (b > 0xA0 && b != 0xAD);
      char c = (char) (printable ? b : other++);
      CHAR_OF_BYTE[b] = c;
      BYTE_OF_CHAR[c] = (short) b;
    }
  }

  private ByteAlphabet() {}

  /** The character that stands for a byte. */
  static char charOf(int b) {
    return CHAR_OF_BYTE[b & 0xFF];
  }

  /** How the bytes are written. */
  static String write(byte[] bytes) {
    char[] chars = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      chars[i] = CHAR_OF_BYTE[bytes[i] & 0xFF];
    }
    return new String(chars);
  }

  /** The bytes that are written so, or null if a character is not of this alphabet. */
  static byte @Nullable [] read(String written) {
    byte[] bytes = new byte[written.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = written.charAt(i);
      if (c >= BYTE_OF_CHAR.length || BYTE_OF_CHAR[c] < 0) {
        return null;
      }
      bytes[i] = (byte) BYTE_OF_CHAR[c];
    }
    return bytes;
  }
}
