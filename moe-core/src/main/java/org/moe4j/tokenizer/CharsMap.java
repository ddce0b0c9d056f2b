// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.text.BreakIterator;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;

/**
 * The character map that SentencePiece compiles its normalization rules to: a double-array trie
 * over UTF-8 bytes, whose leaves point to the texts that take the place of what was matched.
 * Immutable and safe for many threads.
 *
 * <p>A file has the size of the trie in bytes (32 bits), the trie, and the texts, each ended by a
 * zero byte; all little-endian. A unit of the trie holds the byte that leads to it (bits 0 to 7),
 * whether a match ends there (bit 8), and the distance to its children (bits 10 to 30, times 256 if
 * bit 9 is set); the first child of a unit where a match ends holds the place of the text.
 *
 * @see <a href="https://github.com/s-yata/darts-clone">Darts-clone, which lays the trie out</a>
 */
final class CharsMap {

  /** A cluster of characters is replaced as a whole only if its UTF-8 form is shorter than this. */
  private static final int SHORT_CLUSTER = 6;

  private final String where;
  private final IntBuffer units;
  private final byte[] texts;

  private CharsMap(String where, IntBuffer units, byte[] texts) {
    this.where = where;
    this.units = units;
    this.texts = texts;
  }

  /**
   * Reads a character map.
   *
   * @param file the file it comes from, for messages
   * @param key the key it stands under, for messages
   * @param bytes its bytes
   * @throws MixtureException.BadFile if its parts do not fit together
   */
  static CharsMap read(String file, String key, byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long size = bytes.length < 4 ? -1 : Integer.toUnsignedLong(buffer.getInt());
    if (size < 4 || size % 4 != 0 || size > buffer.remaining()) {
      throw new MixtureException.BadFile(
          file, key, "a trie of " + size + " bytes in a map of " + bytes.length, null);
    }
    IntBuffer units = buffer.slice(4, (int) size).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
    byte[] texts = new byte[bytes.length - 4 - (int) size];
    buffer.get(4 + (int) size, texts);
    if (texts.length == 0 || texts[texts.length - 1] != 0) {
      throw new MixtureException.BadFile(file, key, "the last text has no end", null);
    }
    return new CharsMap(file + ": " + key, units, texts);
  }

  /** A replacement: how many bytes it takes the place of, and where its text stands. */
  private record Match(int length, int text) {}

  /** The shortest or the longest match that begins at a place, or null. */
  private @Nullable Match match(byte[] utf8, int from, int to, boolean longest) {
    Match found = null;
    int at = distance(units.get(0));
    for (int i = from; i < to && utf8[i] != 0; i++) {
      int label = utf8[i] & 0xFF;
      at ^= label;
      if (at >= units.limit() || (units.get(at) & 0x800000FF) != label) {
        break;
      }
      int unit = units.get(at);
      at ^= distance(unit);
      if (at >= units.limit()) {
        break;
      }
      int text = units.get(at) & Integer.MAX_VALUE;
      if ((unit & 0x100) != 0 && text < texts.length) {
        found = new Match(i + 1 - from, text);
        if (!longest) {
          break;
        }
      }
    }
    return found;
  }

  private static int distance(int unit) {
    return unit >>> 10 << ((unit & 0x200) >>> 6);
  }

  /** Appends what takes the place of a match in a text. */
  private void append(Match match, String text, StringBuilder out) {
    int end = match.text();
    while (texts[end] != 0) {
      end++;
    }
    if (out.length() + (long) (end - match.text())
        > TextNormalizer.MAX_GROWTH * (text.length() + 1L)) {
      throw TextNormalizer.blowsUp(where);
    }
    out.append(new String(texts, match.text(), end - match.text(), StandardCharsets.UTF_8));
  }

  /**
   * Replaces grapheme clusters as the Hugging Face library does: a short one whose beginning
   * matches is replaced as a whole, by what its shortest such beginning stands for; of others, each
   * character is replaced by itself.
   */
  String replaceClusters(String text) {
    StringBuilder replaced = new StringBuilder(text.length());
    BreakIterator clusters = BreakIterator.getCharacterInstance(Locale.ROOT);
    clusters.setText(text);
    int start = clusters.first();
    for (int end = clusters.next(); end != BreakIterator.DONE; start = end, end = clusters.next()) {
      boolean whole = false;
      if (end - start < SHORT_CLUSTER) {
        byte[] utf8 = text.substring(start, end).getBytes(StandardCharsets.UTF_8);
        whole = utf8.length < SHORT_CLUSTER && replace(utf8, text, replaced);
      }
      for (int at = start; !whole && at < end; ) {
        int codePoint = text.codePointAt(at);
        at += Character.charCount(codePoint);
        byte[] utf8 = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
        if (!replace(utf8, text, replaced)) {
          replaced.appendCodePoint(codePoint);
        }
      }
    }
    return replaced.toString();
  }

  private boolean replace(byte[] utf8, String text, StringBuilder out) {
    Match match = match(utf8, 0, utf8.length, false);
    if (match == null) {
      return false;
    }
    append(match, text, out);
    return true;
  }

  /** Replaces the longest match at each place, as SentencePiece does. */
  String replaceLongest(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    StringBuilder replaced = new StringBuilder(text.length());
    int done = 0;
    for (int at = 0; at < utf8.length; ) {
      Match match = match(utf8, at, utf8.length, true);
      if (match == null) {
        at++;
        while (at < utf8.length && (utf8[at] & 0xC0) == 0x80) {
          at++;
        }
        continue;
      }
      replaced.append(new String(utf8, done, at - done, StandardCharsets.UTF_8));
      append(match, text, replaced);
      at += match.length();
      done = at;
    }
    return replaced
        .append(new String(utf8, done, utf8.length - done, StandardCharsets.UTF_8))
        .toString();
  }
}
