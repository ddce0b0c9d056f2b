// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.List;

/** Splits a text into the pieces that are encoded one by one: merges never cross their borders. */
@FunctionalInterface
interface PreTokenizer {

  /** GPT-2's pattern, which byte-level pre-tokenizers apply by themselves unless told otherwise. */
  String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  /** Takes pieces in order. */
  @FunctionalInterface
  interface Pieces {
    /**
     * Takes a piece.
     *
     * @param piece a text that is not empty
     * @param first whether it stands at the beginning of the whole text
     */
    void piece(String piece, boolean first);
  }

  /**
   * Splits a text.
   *
   * @param text a text that is not empty
   * @param first whether it stands at the beginning of the whole text
   * @param pieces takes the pieces
   */
  void split(String text, boolean first, Pieces pieces);

  /** What becomes of the matches of a pattern and of the text between them. */
  enum Behavior {
    /** Matches are left out. */
    REMOVED,
    /** Matches are pieces of their own. */
    ISOLATED,
    /** A match belongs to the text before it. */
    MERGED_WITH_PREVIOUS,
    /** A match belongs to the text after it. */
    MERGED_WITH_NEXT,
    /** Neighbouring matches are one piece. */
    CONTIGUOUS
  }

  /** Leaves the text in one piece. */
  static PreTokenizer whole() {
    return (text, first, pieces) -> pieces.piece(text, first);
  }

  /** Applies pre-tokenizers one after the other, each to the pieces of the one before. */
  static PreTokenizer sequence(List<PreTokenizer> parts) {
    PreTokenizer all = whole();
    for (PreTokenizer part : parts.reversed()) {
      PreTokenizer rest = all;
      all =
          (text, first, pieces) ->
              part.split(text, first, (piece, start) -> rest.split(piece, start, pieces));
    }
    return all;
  }

  /** Every match and every stretch between matches is a piece. */
  static PreTokenizer isolated(SplitPattern pattern) {
    return (text, first, pieces) ->
        pattern.split(
            text, (start, end, _) -> pieces.piece(text.substring(start, end), first && start == 0));
  }

  /**
   * Splits at the matches of a pattern.
   *
   * @param pattern where to split
   * @param behavior what becomes of the matches
   * @param invert whether the text between matches takes their part, and the other way round
   */
  static PreTokenizer split(SplitPattern pattern, Behavior behavior, boolean invert) {
    if (behavior == Behavior.ISOLATED) {
      return isolated(pattern);
    }
    return (text, first, pieces) -> {
      var joiner = new Joiner(text, first, behavior, pieces);
      pattern.split(text, (start, end, match) -> joiner.span(start, end, match != invert));
      joiner.finish();
    };
  }

  /** Writes a space before a text that does not begin with one. */
  static PreTokenizer prefixSpace() {
    return (text, first, pieces) -> pieces.piece(text.startsWith(" ") ? text : " " + text, first);
  }

  /** Joins matches with their neighbours. */
  final class Joiner {
    private final String text;
    private final boolean first;
    private final Behavior behavior;
    private final Pieces pieces;
    private int from;
    private int to;
    private boolean lastMatch;

    private Joiner(String text, boolean first, Behavior behavior, Pieces pieces) {
      this.text = text;
      this.first = first;
      this.behavior = behavior;
      this.pieces = pieces;
    }

    private void span(int start, int end, boolean match) {
      boolean joins =
          switch (behavior) {
            case MERGED_WITH_PREVIOUS -> match && !lastMatch;
            case MERGED_WITH_NEXT -> !match && lastMatch;
            case CONTIGUOUS -> match == lastMatch;
            case REMOVED, ISOLATED -> false;
          };
      if (!joins || to == 0) {
        finish();
        from = start;
      }
      to = end;
      lastMatch = match;
      if (match && behavior == Behavior.REMOVED) {
        from = end;
      }
    }

    private void finish() {
      if (from < to) {
        pieces.piece(text.substring(from, to), first && from == 0);
      }
    }
  }
}
