// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Reads JSON that a user wrote. */
final class JsonInput {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private JsonInput() {}

  /**
   * A file that holds a list of objects.
   *
   * @throws MixtureException.BadFile if it cannot be read or holds something else
   */
  static List<Map<String, Object>> objects(Path file) {
    Object value;
    try {
      value = value(text(file));
    } catch (JacksonException e) {
      throw new MixtureException.BadFile(
          file.toString(),
          "line " + e.getLocation().getLineNr(),
          "no sound JSON: " + e.getOriginalMessage(),
          e);
    }
    if (!(value instanceof List<?> list)) {
      throw new MixtureException.BadFile(
          file.toString(), null, "expected a JSON list of objects", null);
    }
    for (int i = 0; i < list.size(); i++) {
      if (!(list.get(i) instanceof Map)) {
        throw new MixtureException.BadFile(
            file.toString(), "element " + i, "expected an object, found " + list.get(i), null);
      }
    }
    @SuppressWarnings("unchecked") // Checked above; names in JSON objects are strings.
    List<Map<String, Object>> objects = (List<Map<String, Object>>) list;
    return objects;
  }

  /**
   * A value as maps, lists, strings, numbers, booleans and null.
   *
   * @throws JacksonException if the text is not one JSON value
   */
  static @Nullable Object value(String json) {
    return MAPPER.readValue(json, Object.class);
  }

  /**
   * A file's text.
   *
   * @throws MixtureException.BadFile if it cannot be read as UTF-8
   */
  static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new MixtureException.BadFile(file.toString(), null, "does not exist", e);
    } catch (IOException e) {
      throw new MixtureException.BadFile(
          file.toString(), null, "cannot be read as UTF-8 text: " + e, e);
    }
  }
}
