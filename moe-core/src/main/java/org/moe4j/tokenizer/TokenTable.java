// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.format.HeapLimit;

/**
 * All tokens of a vocabulary: name, bytes, and whether it is special. Immutable and safe for many
 * threads.
 */
final class TokenTable {

  private final Map<String, Integer> ids;
  private final byte[] bytes;
  private final int[] ends;
  private final BitSet special;

  private TokenTable(Map<String, Integer> ids, byte[] bytes, int[] ends, BitSet special) {
    this.ids = ids;
    this.bytes = bytes;
    this.ends = ends;
    this.special = special;
  }

  int size() {
    return ends.length;
  }

  /** The id of a name, or -1. */
  int id(String name) {
    return ids.getOrDefault(name, -1);
  }

  boolean isSpecial(int id) {
    return special.get(id);
  }

  /** Where the bytes of a token begin in {@link #bytes()}. */
  int start(int id) {
    return id == 0 ? 0 : ends[id - 1];
  }

  /** Where the bytes of a token end in {@link #bytes()}. */
  int end(int id) {
    return ends[id];
  }

  /** The bytes of all tokens, one after the other; not to be written. */
  byte[] bytes() {
    return bytes;
  }

  byte[] bytes(int id) {
    return Arrays.copyOfRange(bytes, start(id), end(id));
  }

  /**
   * Collects tokens. Ids may come in any order and leave gaps: an id without a token stands for no
   * bytes.
   */
  static final class Builder {

    /** Ids are kept below this, so that other symbols can be told from them. */
    static final int MAX_IDS = 1 << 24;

    /** What a token takes on the heap: its name, its bytes, its entries in tables and maps. */
    private static final long TOKEN_HEAP = 256;

    private final String file;
    private final String key;
    private final Map<String, Integer> ids;
    private final BitSet special = new BitSet();
    private @Nullable String[] names;
    private byte @Nullable [][] pieces;
    private int size;

    /**
     * Creates a builder.
     *
     * @param file the file, for messages
     * @param key the key in the file, for messages
     * @param expected how many tokens to make room for
     * @throws MixtureException.Rejected if there are too many for the heap
     */
    Builder(String file, String key, int expected) {
      HeapLimit.check(file, key, expected, TOKEN_HEAP);
      this.file = file;
      this.key = key;
      ids = HashMap.newHashMap(expected);
      names = new String[expected];
      pieces = new byte[expected][];
    }

    /**
     * Adds a token.
     *
     * @param id its id
     * @param name its name
     * @param piece the bytes it stands for
     * @throws MixtureException.BadFile if the id or the name is taken, or the id is out of range
     */
    void add(long id, String name, byte[] piece) {
      if (id < 0 || id >= MAX_IDS) {
        throw bad("token \"" + name + "\" has id " + id + ", expected 0 to " + (MAX_IDS - 1));
      }
      int at = (int) id;
      // The array grows with the number of tokens, so that a single wild id cannot ask for much
      // memory.
      if (at >= names.length) {
        if (at > 65_536 + 4L * (ids.size() + 1)) {
          throw bad("token \"" + name + "\" has id " + id + " in a vocabulary of " + ids.size());
        }
        int length = Math.max(at + 1, Math.min(2 * names.length, MAX_IDS));
        names = Arrays.copyOf(names, length);
        pieces = Arrays.copyOf(pieces, length);
      }
      if (names[at] != null) {
        throw bad("tokens \"" + names[at] + "\" and \"" + name + "\" have the same id " + id);
      }
      Integer other = ids.putIfAbsent(name, at);
      if (other != null) {
        throw bad("token \"" + name + "\" has two ids, " + other + " and " + id);
      }
      names[at] = name;
      pieces[at] = piece;
      size = Math.max(size, at + 1);
    }

    /** The id of a name, or -1. */
    int id(String name) {
      return ids.getOrDefault(name, -1);
    }

    /** The number of ids so far, gaps included. */
    int size() {
      return size;
    }

    /** The name of an id, or null in a gap. */
    @Nullable String name(int id) {
      return names[id];
    }

    /** The ids of the tokens whose name is a single character, by code point. */
    LongMap characters(IntPredicate wanted) {
      LongMap characters = new LongMap(1024);
      for (int id = 0; id < size; id++) {
        String name = names[id];
        if (name != null
            && !name.isEmpty()
            && name.length() == Character.charCount(name.codePointAt(0))
            && wanted.test(id)) {
          characters.put(name.codePointAt(0), id);
        }
      }
      return characters;
    }

    /** Makes a token special. */
    void markSpecial(int id) {
      special.set(id);
    }

    boolean isSpecial(int id) {
      return special.get(id);
    }

    /** Replaces the bytes that a token stands for. */
    void replace(int id, byte[] piece) {
      pieces[id] = piece;
    }

    TokenTable build() {
      if (size == 0) {
        throw bad("no tokens");
      }
      ByteArrayOutputStream all = new ByteArrayOutputStream(8 * size);
      int[] ends = new int[size];
      for (int id = 0; id < size; id++) {
        byte[] piece = pieces[id];
        if (special.get(id) && names[id] != null) {
          piece = names[id].getBytes(StandardCharsets.UTF_8);
        }
        if (piece != null) {
          all.writeBytes(piece);
        }
        ends[id] = all.size();
      }
      return new TokenTable(ids, all.toByteArray(), ends, (BitSet) special.clone());
    }

    private MixtureException.BadFile bad(String problem) {
      return bad(key, problem);
    }

    /** The exception for a part of the file the tokens come from. */
    MixtureException.BadFile bad(String part, String problem) {
      return new MixtureException.BadFile(file, part, problem, null);
    }
  }
}
