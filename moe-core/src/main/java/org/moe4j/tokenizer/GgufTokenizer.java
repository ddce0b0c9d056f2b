// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;
import org.moe4j.tokenizer.AddedTokens.AddedToken;
import org.moe4j.tokenizer.StreamDecoder.LeadingSpace;

/**
 * Reads the tokenizer in the metadata of a GGUF file: byte-level BPE with merges, or SentencePiece
 * BPE with scores.
 *
 * <p>What the metadata do not tell is not done: a model whose {@code tokenizer.json} normalizes
 * text does not here.
 */
final class GgufTokenizer {

  private static final int NONE = PieceEncoder.NONE;
  private static final String PREFIX = "tokenizer.ggml.";
  private static final String BOS = "bos_token_id";
  private static final String EOS = "eos_token_id";
  private static final String EOT = "eot_token_id";
  private static final String EOM = "eom_token_id";
  private static final String SPACE_MARK = "\u2581";

  /** Tokens of more characters cannot come out of scored merges. */
  private static final int MAX_SCORED_LENGTH = 256;

  /** What a token is for, in the order of the numbers in the file. */
  private enum Kind {
    UNDEFINED,
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  private final Config config;
  private final List<String> names;
  private final Kind[] kinds;
  private final TokenTable.Builder builder;
  private final List<AddedToken> added = new ArrayList<>();

  private GgufTokenizer(Config config) {
    this.config = config;
    names = config.strings(PREFIX + "tokens");
    kinds = readKinds();
    builder = new TokenTable.Builder(config.file(), PREFIX + "tokens", names.size());
  }

  /**
   * Reads a tokenizer.
   *
   * @param config the metadata
   */
  static ModelTokenizer read(Config config) {
    String model = config.text(PREFIX + "model");
    return switch (model) {
      case "gpt2" -> new GgufTokenizer(config).byteLevel();
      case "llama" -> new GgufTokenizer(config).scored();
      default ->
          throw new MixtureException.Unsupported(
              config.file() + ": " + PREFIX + "model",
              "tokenizer model \"" + model + "\"",
              "gpt2 and llama");
    };
  }

  private Kind[] readKinds() {
    Kind[] all = new Kind[names.size()];
    Arrays.fill(all, Kind.NORMAL);
    String key = PREFIX + "token_type";
    if (config.has(key)) {
      int[] numbers = config.ints(key);
      checkLength(key, numbers.length);
      for (int id = 0; id < all.length; id++) {
        if (numbers[id] < 0 || numbers[id] >= Kind.values().length) {
          throw bad(key + "[" + id + "]", "found " + numbers[id] + ", expected 0 to 6");
        }
        all[id] = Kind.values()[numbers[id]];
      }
    }
    return all;
  }

  private void checkLength(String key, int length) {
    if (length != names.size()) {
      throw bad(key, length + " entries for " + names.size() + " tokens");
    }
  }

  private ModelTokenizer byteLevel() {
    String key = PREFIX + "pre";
    String where = config.file() + ": " + key;
    GgufSplits splits = GgufSplits.named(where, config.text(key, "default"));
    int id = 0;
    for (String name : names) {
      Kind kind = kinds[id];
      byte[] bytes = kind == Kind.NORMAL ? ByteAlphabet.read(name) : null;
      builder.add(id, name, bytes == null ? plainBytes(name, kind) : bytes);
      id++;
    }
    readAddedTokens();
    Merges merges = readMerges();
    ByteTokens bytes = ByteTokens.ofAlphabet(builder::id);
    SpecialTokens special = special(splits.addBos());
    TokenTable table = builder.build();
    return tokenizer(
        "byte-level BPE (" + config.text(key, "default") + ")",
        table,
        TextNormalizer.none(),
        splits.preTokenizer(where),
        new PieceEncoder.ByteLevel(table, merges, bytes, NONE, false, splits.wholeFirst()),
        LeadingSpace.KEEP,
        special);
  }

  private ModelTokenizer scored() {
    int id = 0;
    for (String name : names) {
      Kind kind = kinds[id];
      String text = kind == Kind.NORMAL ? name.replace(SPACE_MARK, " ") : name;
      builder.add(id++, name, plainBytes(text, kind));
    }
    readAddedTokens();
    LongMap characters = builder.characters(this::isText);
    Merges merges = scoredMerges(characters);
    ByteTokens bytes = ByteTokens.ofHexNames(builder::id);
    SpecialTokens special = special(true);
    int unknown = special.unknown().orElse(NONE);
    boolean prefix = config.flag(PREFIX + "add_space_prefix", true);
    TextNormalizer marks = TextNormalizer.replace(" ", SPACE_MARK);
    return tokenizer(
        "SentencePiece BPE",
        builder.build(),
        prefix
            ? TextNormalizer.sequence(config.file(), List.of(TextNormalizer.prepend(" "), marks))
            : marks,
        PreTokenizer.whole(),
        new PieceEncoder.Scored(merges, characters, bytes, unknown),
        prefix ? LeadingSpace.DROP_ONE : LeadingSpace.KEEP,
        special);
  }

  private ModelTokenizer tokenizer(
      String kind,
      TokenTable table,
      TextNormalizer normalizer,
      PreTokenizer preTokenizer,
      PieceEncoder encoder,
      LeadingSpace leadingSpace,
      SpecialTokens special) {
    String where = config.file() + ": " + PREFIX + "tokens";
    return new ModelTokenizer(
        kind,
        table,
        new AddedTokens(where, added),
        new AddedTokens(where, List.of()),
        normalizer,
        preTokenizer,
        encoder,
        leadingSpace,
        special);
  }

  /**
   * The bytes of a token that is not written in the byte alphabet; one that is never used stands
   * for none.
   */
  private static byte[] plainBytes(String text, Kind kind) {
    int value = kind == Kind.BYTE ? ByteTokens.value(text) : ByteTokens.NONE;
    if (value != ByteTokens.NONE) {
      return new byte[] {(byte) value};
    }
    return kind == Kind.UNUSED ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
  }

  private Merges readMerges() {
    String key = PREFIX + "merges";
    List<String> list = config.strings(key);
    Merges merges = new Merges(list.size());
    int rank = 0;
    for (String pair : list) {
      int space = pair.indexOf(' ', 1);
      if (space < 0) {
        throw bad(key + "[" + rank + "]", "expected two tokens, found \"" + pair + "\"");
      }
      JsonTokenizer.addMerge(
          builder, merges, key, rank++, pair.substring(0, space), pair.substring(space + 1));
    }
    return merges;
  }

  /** Whether a token can come out of ordinary text. */
  private boolean isText(int id) {
    boolean ordinary = kinds[id] == Kind.NORMAL || kinds[id] == Kind.USER_DEFINED;
    return ordinary && !builder.isSpecial(id);
  }

  /**
   * Every way to put a token together from two symbols, ranked by the score of the token:
   * SentencePiece merges whatever neighbours make up a token.
   */
  private Merges scoredMerges(LongMap characters) {
    int[] ranks = ranks();
    Merges merges = new Merges(4 * names.size());
    for (int id = 0; id < ranks.length; id++) {
      String name = String.valueOf(builder.name(id));
      if (!isText(id)) {
        continue;
      }
      if (name.length() > MAX_SCORED_LENGTH) {
        throw new MixtureException.Unsupported(
            config.file() + ": " + PREFIX + "tokens[" + id + "]",
            "a token of " + name.length() + " characters",
            "up to " + MAX_SCORED_LENGTH);
      }
      for (int at = 1; at < name.length(); at++) {
        if (Character.isLowSurrogate(name.charAt(at))) {
          continue;
        }
        int left = symbol(name.substring(0, at), characters);
        int right = left == NONE ? NONE : symbol(name.substring(at), characters);
        if (right != NONE) {
          merges.add(ranks[id], left, right, id);
        }
      }
    }
    return merges;
  }

  private int symbol(String text, LongMap characters) {
    if (text.codePointCount(0, text.length()) == 1) {
      return PieceEncoder.Scored.symbol(characters, text.codePointAt(0));
    }
    int id = builder.id(text);
    return id != NONE && isText(id) ? id : NONE;
  }

  /**
   * The place of each token's score among all scores, the highest first; equal scores share a
   * place.
   */
  private int[] ranks() {
    String key = PREFIX + "scores";
    float[] scores = config.floats(key);
    checkLength(key, scores.length);
    float[] places = new float[scores.length];
    for (int i = 0; i < places.length; i++) {
      places[i] = 0f - scores[i];
    }
    Arrays.sort(places);
    int different = 0;
    for (float place : places) {
      if (different == 0 || places[different - 1] != place) {
        places[different++] = place;
      }
    }
    int[] ranks = new int[scores.length];
    for (int id = 0; id < ranks.length; id++) {
      ranks[id] = Arrays.binarySearch(places, 0, different, 0f - scores[id]);
    }
    return ranks;
  }

  private void readAddedTokens() {
    // Phi-3's special tokens take the white space after them along, which the metadata do not say.
    String model = config.text("general.name", "").toLowerCase(Locale.ROOT);
    boolean phi3 = model.contains("phi-3") || model.contains("phi3");
    Set<Integer> given = new HashSet<>();
    for (String key : List.of(BOS, EOS, EOT, EOM)) {
      id(key).ifPresent(given::add);
    }
    for (int id = 0; id < kinds.length; id++) {
      String name = String.valueOf(builder.name(id));
      boolean special = isSpecial(kinds[id], name) || given.contains(id);
      if (special || kinds[id] == Kind.USER_DEFINED) {
        boolean strips = phi3 && !List.of("<unk>", "<s>", "<|endoftext|>").contains(name);
        added.add(new AddedToken(name, id, special, false, false, strips));
      }
      if (special) {
        builder.markSpecial(id);
      }
    }
  }

  /**
   * Text must never become a token that ends an answer, even if the file takes that for an ordinary
   * one.
   */
  private static boolean isSpecial(Kind kind, String name) {
    return switch (kind) {
      case CONTROL, UNKNOWN -> true;
      case USER_DEFINED -> EndTokens.isName(name);
      default -> name.startsWith("<|") && EndTokens.isName(name);
    };
  }

  private SpecialTokens special(boolean addBos) {
    OptionalInt bos = id(BOS);
    OptionalInt eos = id(EOS);
    boolean begins = config.flag(PREFIX + "add_bos_token", addBos) && bos.isPresent();
    return new SpecialTokens(
        bos,
        eos,
        id("unknown_token_id"),
        id("padding_token_id"),
        EndTokens.find(builder, eos, id(EOT), id(EOM)),
        begins);
  }

  private OptionalInt id(String key) {
    if (!config.has(PREFIX + key)) {
      return OptionalInt.empty();
    }
    long id = config.integer(PREFIX + key);
    if (id < 0 || id >= names.size()) {
      throw bad(PREFIX + key, "found " + id + ", expected 0 to " + (names.size() - 1));
    }
    return OptionalInt.of((int) id);
  }

  private MixtureException.BadFile bad(String key, String problem) {
    return new MixtureException.BadFile(config.file(), key, problem, null);
  }
}
