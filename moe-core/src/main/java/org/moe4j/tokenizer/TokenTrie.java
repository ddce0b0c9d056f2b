// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.moe4j.MixtureException;

/**
 * The names of tokens as a trie over UTF-16 units, to find every token that begins at a place of a
 * text. Immutable and safe for many threads.
 *
 * <p>Nodes are numbered level by level, so that the children of a node are neighbours in the order
 * of their labels, and those of the next node follow.
 */
final class TokenTrie {

  /** The node where every name begins. */
  static final int ROOT = 0;

  /** No node, or no token. */
  static final int NONE = -1;

  /** More nodes than vocabularies of half a million tokens have. */
  private static final int MAX_NODES = 1 << 22;

  /** Longer names are refused, so that the time for a text stays a small multiple of its length. */
  static final int MAX_LENGTH = 256;

  /** A token and its name, which is not empty. */
  record Entry(String name, int id) {}

  /** The unit that leads to a node. */
  private final char[] labels;

  /** The first child of a node; the one after its last child is the next node's first. */
  private final int[] children;

  /** The token whose name ends at a node, or {@link #NONE}. */
  private final int[] ids;

  private final int depth;

  /**
   * Creates the trie.
   *
   * @param where file and key, for messages
   * @param entries tokens with different names
   * @throws MixtureException.Unsupported if a name, or all names together, are longer than any
   *     vocabulary has them
   */
  TokenTrie(String where, List<Entry> entries) {
    Entry[] sorted = entries.toArray(Entry[]::new);
    Arrays.sort(sorted, Comparator.comparing(Entry::name));
    long nodes = 1;
    int longest = 0;
    String before = "";
    for (Entry entry : sorted) {
      String name = entry.name();
      if (name.length() > MAX_LENGTH) {
        throw new MixtureException.Unsupported(
            where,
            "a token of " + name.length() + " characters (id " + entry.id() + ")",
            "up to " + MAX_LENGTH);
      }
      longest = Math.max(longest, name.length());
      nodes += name.length() - sharedLength(before, name);
      before = name;
    }
    if (nodes > MAX_NODES) {
      throw new MixtureException.Unsupported(
          where, "a trie of " + nodes + " nodes", "up to " + MAX_NODES);
    }
    depth = longest;
    labels = new char[(int) nodes];
    children = new int[(int) nodes + 1];
    ids = new int[(int) nodes];
    // The names below a node are a range of the sorted ones.
    int[] from = new int[(int) nodes];
    int[] to = new int[(int) nodes];
    to[ROOT] = sorted.length;
    int size = 1;
    int levelEnd = 1;
    int level = 0;
    for (int node = 0; node < size; node++) {
      if (node == levelEnd) {
        level++;
        levelEnd = size;
      }
      int at = from[node];
      ids[node] = NONE;
      children[node] = size;
      if (at < to[node] && sorted[at].name().length() == level) {
        ids[node] = sorted[at++].id();
      }
      while (at < to[node]) {
        char c = sorted[at].name().charAt(level);
        labels[size] = c;
        from[size] = at;
        while (at < to[node] && sorted[at].name().charAt(level) == c) {
          at++;
        }
        to[size++] = at;
      }
    }
    children[size] = size;
  }

  /** How many units two texts begin with in common. */
  private static int sharedLength(String a, String b) {
    int at = 0;
    while (at < a.length() && at < b.length() && a.charAt(at) == b.charAt(at)) {
      at++;
    }
    return at;
  }

  /** The units of the longest name. */
  int depth() {
    return depth;
  }

  /** The child of a node that a unit leads to, or {@link #NONE}. */
  int child(int node, char unit) {
    int low = children[node];
    int high = children[node + 1];
    while (low < high) {
      int middle = (low + high) >>> 1;
      char label = labels[middle];
      if (label == unit) {
        return middle;
      }
      if (label < unit) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return NONE;
  }

  /** The token whose name ends at a node, or {@link #NONE}. */
  int id(int node) {
    return ids[node];
  }

  /** The token whose name a stretch of a text is, or {@link #NONE}. */
  int id(String text, int start, int end) {
    int node = ROOT;
    for (int at = start; at < end && node != NONE; at++) {
      node = child(node, text.charAt(at));
    }
    return node == NONE ? NONE : ids[node];
  }
}
