// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;

/**
 * Finds tokens that are matched as a whole in the text, before anything else is done with it. At
 * each place the longest one wins. Immutable and safe for many threads.
 */
final class AddedTokens {

  /**
   * Longer tokens are refused, so that the time for a text stays a small multiple of its length.
   */
  private static final int MAX_LENGTH = 1000;

  /**
   * A token that is matched as a whole.
   *
   * @param content the text that it stands for, not empty
   * @param id its id
   * @param special whether it is matched only where the caller allows special tokens
   * @param singleWord whether it must not touch a word character on either side
   * @param lstrip whether it takes the white space before it along
   * @param rstrip whether it takes the white space after it along
   */
  record AddedToken(
      String content, int id, boolean special, boolean singleWord, boolean lstrip, boolean rstrip) {

    /** A token that is matched wherever it stands. */
    static AddedToken plain(String content, int id, boolean special) {
      return new AddedToken(content, id, special, false, false, false);
    }
  }

  /** Takes the parts of a text in order. */
  interface Parts {
    /** Takes text between tokens, never empty. */
    void text(int start, int end);

    /** Takes a token. */
    void token(int id);
  }

  private final List<AddedToken> sorted;
  private final BitSet firstChars = new BitSet();

  /**
   * Creates the matcher.
   *
   * @param where file and key, for messages
   * @param tokens the tokens; of several with the same content the first one counts
   */
  AddedTokens(String where, List<AddedToken> tokens) {
    Map<String, AddedToken> unique = new HashMap<>();
    for (AddedToken token : tokens) {
      if (token.content().length() > MAX_LENGTH) {
        throw new MixtureException.Unsupported(
            where,
            "an added token of " + token.content().length() + " characters (id " + token.id() + ")",
            "up to " + MAX_LENGTH);
      }
      if (!token.content().isEmpty()) {
        unique.putIfAbsent(token.content(), token);
        firstChars.set(token.content().charAt(0));
      }
    }
    sorted = new ArrayList<>(unique.values());
    sorted.sort(Comparator.comparing(AddedToken::content));
  }

  boolean isEmpty() {
    return sorted.isEmpty();
  }

  /**
   * Takes a text apart.
   *
   * @param text text without unpaired surrogates
   * @param special the offsets at which special tokens count: one that is elsewhere in part is text
   * @param parts takes the parts
   */
  void split(String text, IntPredicate special, Parts parts) {
    int length = text.length();
    int done = 0;
    int at = 0;
    int blankEnd = 0; // where the white space ends that was looked at last
    while (at < length) {
      AddedToken token = firstChars.get(text.charAt(at)) ? longest(text, at) : null;
      if (token == null) {
        at++;
        continue;
      }
      int start = at;
      int end = at + token.content().length();
      // The search goes on right after the token, so that another token may begin in the white
      // space it took along.
      at = end;
      if ((token.special() && !IntStream.range(start, end).allMatch(special))
          || (token.singleWord() && !standsAlone(text, start, end))) {
        continue;
      }
      if (token.lstrip()) {
        while (start > done && UnicodeSets.WHITE_SPACE.contains(text.charAt(start - 1))) {
          start--;
        }
      }
      if (token.rstrip()) {
        blankEnd = Math.max(blankEnd, end);
        while (blankEnd < length && UnicodeSets.WHITE_SPACE.contains(text.charAt(blankEnd))) {
          blankEnd++;
        }
        end = blankEnd;
      }
      if (start > done) {
        parts.text(done, start);
      }
      parts.token(token.id());
      done = end;
    }
    if (done < length) {
      parts.text(done, length);
    }
  }

  private static boolean standsAlone(String text, int start, int end) {
    return (start == 0 || !UnicodeSets.isWord(text.codePointBefore(start)))
        && (end == text.length() || !UnicodeSets.isWord(text.codePointAt(end)));
  }

  /**
   * The longest token that begins at a place, or null: the tokens that still fit are a shrinking
   * range.
   */
  private @Nullable AddedToken longest(String text, int at) {
    AddedToken found = null;
    int low = 0;
    int high = sorted.size();
    for (int depth = 0; low < high; depth++) {
      AddedToken shortest = sorted.get(low);
      if (shortest.content().length() == depth) {
        found = shortest;
        low++;
      }
      if (at + depth >= text.length()) {
        break;
      }
      char c = text.charAt(at + depth);
      low = firstAtLeast(low, high, depth, c);
      high = firstAtLeast(low, high, depth, c + 1);
    }
    return found;
  }

  private int firstAtLeast(int from, int to, int depth, int c) {
    int low = from;
    int high = to;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted.get(middle).content().charAt(depth) < c) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
