// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/**
 * Strict JSON: UTF-8, one object, no key twice, limits on size and depth. {@code NaN} and {@code
 * Infinity} are read, since Python writes them into configuration files.
 */
final class Json {

  /**
   * The longest file or header that is read; the safetensors format has the same limit. Text takes
   * up to two bytes for one of the file.
   */
  static final long MAX_BYTES = Math.min(100_000_000, HeapLimit.most(2));

  /** What a value takes on the heap; {@code {"a":1}} is four tokens and takes 300 bytes. */
  private static final long TOKEN_HEAP = 75;

  /**
   * Bounds the memory that {@code [[],[],...} takes; a tokenizer of 262,144 pieces has 3 million.
   */
  private static final long MAX_TOKENS_EVER = 10_000_000;

  private static final long MAX_TOKENS = Math.min(MAX_TOKENS_EVER, HeapLimit.most(TOKEN_HEAP));

  private static final int MAX_DEPTH = 64;
  private static final int SHOWN = 60;
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Zl}\\p{Zp}]+");

  /** Settings are kept while the model is open, several files of them, and are never large. */
  private static final int SETTINGS_SHARE = 4;

  private static final JsonFactory FACTORY = factory(MAX_TOKENS);
  private static final JsonFactory SETTINGS = factory(MAX_TOKENS / SETTINGS_SHARE);

  private static JsonFactory factory(long maxTokens) {
    return JsonFactory.builder()
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxDocumentLength(MAX_BYTES)
                .maxTokenCount(maxTokens)
                .build())
        // The table of names fails on unlucky names, and tens of thousands of tensors have such.
        .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
        .build();
  }

  private Json() {}

  /** What a caller does with the parser, which stands on the first token of the object. */
  interface Visitor<T> {
    T visit(JsonParser parser);
  }

  /**
   * Reads a whole file as maps, lists, strings, longs, doubles, booleans and nulls, all immutable.
   */
  static Map<String, @Nullable Object> read(Path file) {
    return read(file, MAX_BYTES, FACTORY);
  }

  /** The same for a file of settings, which may have a quarter of the size. */
  static Map<String, @Nullable Object> readSettings(Path file) {
    return read(file, MAX_BYTES / SETTINGS_SHARE, SETTINGS);
  }

  private static Map<String, @Nullable Object> read(Path file, long limit, JsonFactory factory) {
    long size = FileBytes.size(file);
    if (size > limit) {
      throw new MixtureException.BadFile(
          file.toString(), null, size + " bytes, expected JSON of at most " + limit, null);
    }
    try (InputStream in = Files.newInputStream(file)) {
      return parse(in, file.toString(), null, factory, Json::object);
    } catch (IOException e) {
      throw FileBytes.unreadable(file, e);
    }
  }

  /**
   * Parses one JSON object and nothing after it.
   *
   * @param in the text, UTF-8
   * @param file the file, for messages
   * @param part the part of the file, for messages, or null
   * @param visitor reads from the opening brace to the closing one
   */
  static <T> T parse(InputStream in, String file, @Nullable String part, Visitor<T> visitor) {
    return parse(in, file, part, FACTORY, visitor);
  }

  private static <T> T parse(
      InputStream in, String file, @Nullable String part, JsonFactory factory, Visitor<T> visitor) {
    Reader reader =
        new InputStreamReader(
            in,
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT));
    try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), reader)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new MixtureException.BadFile(file, part, "expected a JSON object", null);
      }
      T result = visitor.visit(parser);
      if (parser.nextToken() != null) {
        throw new MixtureException.BadFile(file, part, "text after the JSON object", null);
      }
      return result;
    } catch (StreamConstraintsException e) {
      if (MAX_TOKENS < MAX_TOKENS_EVER
          && String.valueOf(e.getOriginalMessage()).startsWith("Token count")) {
        throw HeapLimit.tooMuch(
            file,
            part == null ? "JSON" : part,
            "more than " + factory.streamReadConstraints().getMaxTokenCount() + " values");
      }
      throw unsound(file, part, e);
    } catch (JacksonException e) {
      throw unsound(file, part, e);
    }
  }

  private static MixtureException.BadFile unsound(
      String file, @Nullable String part, JacksonException e) {
    return new MixtureException.BadFile(
        file, part, "no sound JSON" + where(e) + ": " + plain(e.getOriginalMessage()), e);
  }

  /** Where the parser stood; it does not know when it ran into one of its limits. */
  private static String where(JacksonException e) {
    TokenStreamLocation location = e.getLocation();
    return location == null || location.getLineNr() < 1
        ? ""
        : " at line %d, column %d".formatted(location.getLineNr(), location.getColumnNr());
  }

  /** A text of a file in quotes, cut short and made fit for one line of a message. */
  static String show(String text) {
    return "\"" + plain(text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text) + "\"";
  }

  private static String plain(String text) {
    return CONTROL.matcher(text).replaceAll("?");
  }

  private static Map<String, @Nullable Object> object(JsonParser parser) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      parser.nextToken();
      map.put(key, value(parser));
    }
    return Collections.unmodifiableMap(map);
  }

  /** The depth of recursion is bounded by the parser's own limit on nesting. */
  private static @Nullable Object value(JsonParser parser) {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser));
        }
        yield Collections.unmodifiableList(list);
      }
      case VALUE_STRING -> parser.getString();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      case VALUE_NUMBER_INT ->
          switch (parser.getNumberType()) {
            case INT, LONG -> parser.getLongValue();
            default -> parser.getBigIntegerValue().doubleValue();
          };
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      default -> throw new IllegalStateException("token " + parser.currentToken());
    };
  }
}
