// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.OptionalInt;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.moe4j.MixtureException;
import org.moe4j.Tokenizer;

/**
 * The tokenizer of a model file. Encoding runs through fixed stages: tokens that are matched as a
 * whole, the normalizer, the splitter, and BPE or Viterbi's algorithm for each piece. Immutable and
 * safe for many threads.
 */
public final class ModelTokenizer implements Tokenizer {

  private final String kind;
  private final TokenTable tokens;
  private final AddedTokens added;
  private final AddedTokens addedNormalized;
  private final TextNormalizer normalizer;
  private final PreTokenizer preTokenizer;
  private final PieceEncoder encoder;
  private final StreamDecoder.LeadingSpace leadingSpace;
  private final SpecialTokens special;

  ModelTokenizer(
      String kind,
      TokenTable tokens,
      AddedTokens added,
      AddedTokens addedNormalized,
      TextNormalizer normalizer,
      PreTokenizer preTokenizer,
      PieceEncoder encoder,
      StreamDecoder.LeadingSpace leadingSpace,
      SpecialTokens special) {
    this.kind = kind;
    this.tokens = tokens;
    this.added = added;
    this.addedNormalized = addedNormalized;
    this.normalizer = normalizer;
    this.preTokenizer = preTokenizer;
    this.encoder = encoder;
    this.leadingSpace = leadingSpace;
    this.special = special;
  }

  /** What it is, for people: such as {@code byte-level BPE (qwen2)}. */
  public String kind() {
    return kind;
  }

  /** The tokens that begin and end texts. */
  public SpecialTokens special() {
    return special;
  }

  /**
   * A decoder for one stream of tokens.
   *
   * @param atStart whether the stream is the beginning of a text, so that a space which encoding
   *     put before it is taken away, or goes on after other text
   */
  public StreamDecoder stream(boolean atStart) {
    return new StreamDecoder(tokens, leadingSpace, atStart);
  }

  @Override
  public int[] encode(String text, boolean parseSpecial) {
    return encode(text, _ -> parseSpecial);
  }

  /**
   * Encodes text in which special tokens count at some places and are ordinary text at others.
   *
   * @param text any text; unpaired surrogates are encoded as U+FFFD
   * @param special the offsets at which special tokens count: one that is elsewhere in part is text
   */
  public int[] encode(String text, IntPredicate special) {
    String wellFormed = wellFormed(text);
    IntList ids = new IntList();
    Merges.Work work = new Merges.Work();
    PreTokenizer.Pieces pieces = (piece, _) -> encoder.encode(piece, work, ids);
    forEachPart(
        added,
        wellFormed,
        special,
        ids,
        (from, to) -> {
          // Normalizing moves offsets, so a part counts its special tokens only if it may do so
          // everywhere.
          boolean all = !addedNormalized.isEmpty() && IntStream.range(from, to).allMatch(special);
          String part = normalizer.apply(wellFormed.substring(from, to));
          forEachPart(
              addedNormalized,
              part,
              _ -> all,
              ids,
              (start, end) ->
                  preTokenizer.split(part.substring(start, end), from == 0 && start == 0, pieces));
        });
    return ids.toArray();
  }

  /** Takes the text between tokens. */
  private interface Texts {
    void text(int start, int end);
  }

  private static void forEachPart(
      AddedTokens tokens, String text, IntPredicate special, IntList ids, Texts texts) {
    tokens.split(
        text,
        special,
        new AddedTokens.Parts() {
          @Override
          public void text(int start, int end) {
            texts.text(start, end);
          }

          @Override
          public void token(int id) {
            ids.add(id);
          }
        });
  }

  @Override
  public String decode(int... ids) {
    for (int id : ids) {
      check(id);
    }
    return stream(true).decodeAll(ids);
  }

  @Override
  public byte[] bytes(int id) {
    return tokens.bytes(check(id));
  }

  @Override
  public boolean isSpecial(int id) {
    return tokens.isSpecial(check(id));
  }

  @Override
  public OptionalInt id(String token) {
    int id = tokens.id(token);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public int size() {
    return tokens.size();
  }

  private int check(int id) {
    if (id < 0 || id >= tokens.size()) {
      throw new MixtureException.BadRequest(
          "token id " + id + " is outside the vocabulary, expected 0 to " + (tokens.size() - 1));
    }
    return id;
  }

  /** The text with U+FFFD in the place of every unpaired surrogate. */
  static String wellFormed(String text) {
    StringBuilder repaired = null;
    for (int i = 0; i < text.length(); i++) {
      // A code point that is a surrogate is one without its other half.
      int codePoint = text.codePointAt(i);
      if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
        if (repaired == null) {
          repaired = new StringBuilder(text);
        }
        repaired.setCharAt(i, '\uFFFD');
      }
      i += Character.charCount(codePoint) - 1;
    }
    return repaired == null ? text : repaired.toString();
  }
}
