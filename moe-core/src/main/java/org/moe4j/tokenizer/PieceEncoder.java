// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.nio.charset.StandardCharsets;

/**
 * Turns one piece of text into token ids. With BPE these are first symbols, one for each byte or
 * character, then merges.
 */
sealed interface PieceEncoder
    permits PieceEncoder.ByteLevel, PieceEncoder.Characters, PieceEncoder.Scored, Unigram {

  /** No such token. */
  int NONE = -1;

  /**
   * Appends the ids of a piece.
   *
   * @param piece text that is not empty, without unpaired surrogates
   * @param work memory of the calling thread
   * @param ids takes the ids
   */
  void encode(String piece, Merges.Work work, IntList ids);

  /**
   * Byte-level BPE: every byte of the UTF-8 form is a symbol.
   *
   * @param tokens the vocabulary
   * @param merges pairs of ids
   * @param bytes the token of each byte
   * @param unknown the token for a byte without one, or {@link #NONE} to leave it out
   * @param fuseUnknown whether neighbouring unknown bytes become one token
   * @param wholeFirst whether a piece that is a token as it stands is not merged but taken
   */
  record ByteLevel(
      TokenTable tokens,
      Merges merges,
      ByteTokens bytes,
      int unknown,
      boolean fuseUnknown,
      boolean wholeFirst)
      implements PieceEncoder {

    @Override
    public void encode(String piece, Merges.Work work, IntList ids) {
      byte[] utf8 = piece.getBytes(StandardCharsets.UTF_8);
      if (wholeFirst && addWhole(tokens, ByteAlphabet.write(utf8), ids)) {
        return;
      }
      work.clear();
      boolean afterUnknown = false;
      for (byte b : utf8) {
        int id = bytes.id(b);
        boolean isUnknown = id == NONE;
        if (!isUnknown) {
          work.add(id);
        } else if (unknown != NONE && !(fuseUnknown && afterUnknown)) {
          work.add(unknown);
        }
        afterUnknown = isUnknown;
      }
      merges.apply(work);
      for (int at = work.first(); at >= 0; at = work.after(at)) {
        ids.add(work.symbol(at));
      }
    }
  }

  /**
   * BPE over characters. A character without a token becomes the tokens of its UTF-8 bytes, or the
   * unknown token; these take part in merges.
   *
   * @param tokens the vocabulary
   * @param merges pairs of ids
   * @param characters the token of each code point
   * @param bytes the token of each byte; none of them without byte fall-back
   * @param unknown the token for a character that has no other, or {@link #NONE} to leave it out
   * @param fuseUnknown whether neighbouring unknown characters become one token
   * @param wholeFirst whether a piece that is a token as it stands is not merged but taken
   */
  record Characters(
      TokenTable tokens,
      Merges merges,
      LongMap characters,
      ByteTokens bytes,
      int unknown,
      boolean fuseUnknown,
      boolean wholeFirst)
      implements PieceEncoder {

    @Override
    public void encode(String piece, Merges.Work work, IntList ids) {
      if (wholeFirst && addWhole(tokens, piece, ids)) {
        return;
      }
      work.clear();
      boolean pending = false;
      for (int at = 0; at < piece.length(); ) {
        int codePoint = piece.codePointAt(at);
        at += Character.charCount(codePoint);
        int id = (int) characters.get(codePoint);
        if (id != NONE) {
          if (pending) {
            work.add(unknown);
            pending = false;
          }
          work.add(id);
        } else if (!addBytes(codePoint, work) && unknown != NONE) {
          if (pending && !fuseUnknown) {
            work.add(unknown);
          }
          pending = true;
        }
      }
      if (pending) {
        work.add(unknown);
      }
      merges.apply(work);
      for (int at = work.first(); at >= 0; at = work.after(at)) {
        ids.add(work.symbol(at));
      }
    }

    private boolean addBytes(int codePoint, Merges.Work work) {
      byte[] utf8 = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
      for (byte b : utf8) {
        if (bytes.id(b) == NONE) {
          return false;
        }
      }
      for (byte b : utf8) {
        work.add(bytes.id(b));
      }
      return true;
    }
  }

  /**
   * SentencePiece's BPE, where any two neighbours are merged that make up a token, the one of the
   * best score first. Characters without a token may be part of a merge; those that are left become
   * the tokens of their bytes.
   *
   * @param merges pairs of symbols: ids, or code points of characters without a token plus {@link
   *     #CHARACTER}
   * @param characters the token of each code point
   * @param bytes the token of each byte
   * @param unknown the token for a character whose bytes have no tokens, or {@link #NONE}
   */
  record Scored(Merges merges, LongMap characters, ByteTokens bytes, int unknown)
      implements PieceEncoder {

    /** The first symbol that is no token id. */
    static final int CHARACTER = TokenTable.Builder.MAX_IDS;

    @Override
    public void encode(String piece, Merges.Work work, IntList ids) {
      work.clear();
      for (int at = 0; at < piece.length(); ) {
        int codePoint = piece.codePointAt(at);
        at += Character.charCount(codePoint);
        work.add(symbol(characters, codePoint));
      }
      merges.apply(work);
      for (int at = work.first(); at >= 0; at = work.after(at)) {
        int symbol = work.symbol(at);
        if (symbol < CHARACTER) {
          ids.add(symbol);
        } else {
          addBytes(symbol - CHARACTER, ids);
        }
      }
    }

    static int symbol(LongMap characters, int codePoint) {
      int id = (int) characters.get(codePoint);
      return id == NONE ? CHARACTER + codePoint : id;
    }

    private void addBytes(int codePoint, IntList ids) {
      byte[] utf8 = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
      for (byte b : utf8) {
        int token = bytes.id(b);
        int id = token == NONE ? unknown : token;
        if (id != NONE) {
          ids.add(id);
        }
      }
    }
  }

  /** Takes a piece that is itself a token; a special one never counts. */
  private static boolean addWhole(TokenTable tokens, String name, IntList ids) {
    int id = tokens.id(name);
    if (id == NONE || tokens.isSpecial(id)) {
      return false;
    }
    ids.add(id);
    return true;
  }
}
