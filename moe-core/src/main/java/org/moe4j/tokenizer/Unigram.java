// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Splits a piece into the tokens whose log-probabilities have the highest sum, by Viterbi's
 * algorithm.
 *
 * <p>A character that is no token by itself may also be unknown, at a score of 10 below the lowest.
 * Of ways to a place with the same score the one wins whose last token begins first. Neighbouring
 * unknown characters count as one: they become the tokens of their bytes, if all of them have one,
 * or else a single unknown token. The time for a piece is at most its length times that of the
 * longest token.
 *
 * @see <a href="https://arxiv.org/abs/1804.10959">Subword regularization, section 3.1</a>
 */
final class Unigram implements PieceEncoder {

  /** How far an unknown character's score lies below the lowest of the tokens. */
  static final int UNKNOWN_PENALTY = 10;

  private static final int UNREACHED = -1;

  private final TokenTrie trie;
  private final double[] scores;
  private final double unknownScore;
  private final int unknown;
  private final ByteTokens bytes;

  /**
   * Creates the encoder.
   *
   * @param trie the tokens that text may become
   * @param scores the score of each token, by id
   * @param unknownScore the score of an unknown character
   * @param unknown the token for what is no other
   * @param bytes the token of each byte; none of them without byte fall-back
   */
  Unigram(TokenTrie trie, double[] scores, double unknownScore, int unknown, ByteTokens bytes) {
    this.trie = trie;
    this.scores = scores;
    this.unknownScore = unknownScore;
    this.unknown = unknown;
    this.bytes = bytes;
  }

  @Override
  public void encode(String piece, Merges.Work work, IntList ids) {
    int length = piece.length();
    int[] ends = bestEnds(piece);
    for (int start = 0, end; start < length; start = end) {
      end = ends[start];
      int id = trie.id(piece, start, end);
      if (!isUnknown(id)) {
        ids.add(id);
        continue;
      }
      while (end < length && isUnknown(trie.id(piece, end, ends[end]))) {
        end = ends[end];
      }
      addUnknown(piece, start, end, ids);
    }
  }

  private boolean isUnknown(int id) {
    return id == NONE || id == unknown;
  }

  /** Where the tokens of the best way end, at the places where they begin. */
  private int[] bestEnds(String piece) {
    int length = piece.length();
    int[] starts = new int[length + 1]; // of the last token on the best way to each place
    Arrays.fill(starts, UNREACHED);
    // Scores are needed only as far as the longest token reaches.
    double[] best = new double[2 * Integer.highestOneBit(Math.max(2, trie.depth()))];
    int mask = best.length - 1;
    for (int at = 0, single; at < length; at += single) {
      single = Character.charCount(piece.codePointAt(at));
      double here = best[at & mask];
      boolean isToken = false;
      int node = TokenTrie.ROOT;
      for (int end = at; end < length; ) {
        node = trie.child(node, piece.charAt(end++));
        if (node == TokenTrie.NONE) {
          break;
        }
        int id = trie.id(node);
        if (id != NONE) {
          isToken |= end == at + single;
          offer(here + scores[id], at, end, starts, best, mask);
        }
      }
      if (!isToken) {
        offer(here + unknownScore, at, at + single, starts, best, mask);
      }
    }
    return reversed(starts);
  }

  private static void offer(
      double score, int start, int end, int[] starts, double[] best, int mask) {
    if (starts[end] == UNREACHED || score > best[end & mask]) {
      starts[end] = start;
      best[end & mask] = score;
    }
  }

  /** Turns the way round in its own memory: it is known from its end. */
  private static int[] reversed(int[] starts) {
    int end = UNREACHED;
    for (int at = starts.length - 1; at >= 0; ) {
      int start = starts[at];
      starts[at] = end;
      end = at;
      at = start;
    }
    return starts;
  }

  private void addUnknown(String piece, int start, int end, IntList ids) {
    int id = trie.id(piece, start, end); // characters that are unknown one by one may be a token
    if (id != NONE) {
      ids.add(id);
      return;
    }
    byte[] utf8 = piece.substring(start, end).getBytes(StandardCharsets.UTF_8);
    for (byte b : utf8) {
      if (bytes.id(b) == NONE) {
        ids.add(unknown);
        return;
      }
    }
    for (byte b : utf8) {
      ids.add(bytes.id(b));
    }
  }
}
