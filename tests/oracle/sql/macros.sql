-- Reading text as a declared type (null = not of that type) and exact division.

create macro trimmed(content) as
    trim(content, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13));

-- What names are compared by: separators, controls and what looks blank are blanks, and what has no
-- width goes, but for joiners between letters and the marks that make a flag.
create macro name_key(content) as
    regexp_replace(
        regexp_replace(
            regexp_replace(
                nfc_normalize(content),
                '(\x{1F3F4}[\x{E0020}-\x{E007F}]+)'
                || '|[\x{AD}\x{34F}\x{61C}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{200B}'
                || '\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}-\x{206F}\x{FE00}-\x{FE0F}\x{FEFF}'
                || '\x{FFF0}-\x{FFFB}\x{1BCA0}-\x{1BCA3}\x{1D173}-\x{1D17A}\x{E0000}-\x{E0FFF}]',
                '\1', 'g'
            ),
            '[\p{Z}\p{Cc}\x{2800}\x{3164}\x{FFA0}]+', ' ', 'g'
        ),
        '^[ \x{200C}\x{200D}]+|[ \x{200C}\x{200D}]+$', '', 'g'
    );

create macro as_bigint(content) as
    case when regexp_full_match(content, '-?[0-9]+') then try_cast(content as bigint) end;

-- At most 16 integer digits and two decimals; zeros before or after them carry no value.
create macro as_money(content) as
    case
        when regexp_full_match(content, '-?0*[0-9]{1,16}(\.[0-9]{1,2}0*)?')
            then try_cast(content as decimal(18, 2))
    end;

-- The year 0000 is none in the calendar of Python and of most readers.
create macro as_date(content) as
    case
        when regexp_full_match(content, '[0-9]{4}-[0-9]{2}-[0-9]{2}')
            and not starts_with(content, '0000')
            then try_cast(content as date)
    end;

create macro utc_offset_minutes(content) as
    case
        when regexp_matches(content, '[+-][0-9]{2}(:?[0-9]{2})?$') and length(content) > 16
            then
                if(regexp_extract(content, '([+-])[0-9:]+$', 1) = '-', -1, 1)
                * (
                    60 * cast(regexp_extract(content, '[+-]([0-9]{2})[0-9:]*$', 1) as integer)
                    + cast(
                        '0' || regexp_extract(content, '[+-][0-9]{2}:?([0-9]{2})$', 1) as integer
                    )
                )
        else 0
    end;

create macro as_utc_timestamp(content) as
    case
        when
            regexp_full_match(
                content,
                '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]'
                || '(:[0-5][0-9](\.[0-9]+)?)?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?'
            )
            and not starts_with(content, '0000')
            then
                try_cast(
                    regexp_extract(
                        content, '^.{10}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?'
                    ) as timestamp
                )
                - to_minutes(utc_offset_minutes(content))
    end;

create macro value_fault(column_name, content, typed, is_required) as
    case
        when content is null and is_required then 'missing:' || column_name
        when content is not null and typed is null then 'type:' || column_name
    end;

create macro sorted_reasons(reasons) as
    list_sort(list_filter(reasons, lambda reason: reason is not null));

-- Exact division of whole numbers, rounded once: half up, away from zero when negative; null when
-- the denominator is 0. Denominators are never negative.
create macro half_up(numerator, denominator) as
    sign(numerator)
    * (
        (2 * abs(cast(numerator as hugeint)) + cast(denominator as hugeint))
        // nullif(2 * cast(denominator as hugeint), 0)
    );

create macro cents(amount) as cast(cast(amount as decimal(38, 2)) * 100 as hugeint);

create macro money(whole_cents) as
    cast(cast(whole_cents as decimal(20, 0)) * cast(0.01 as decimal(3, 2)) as decimal(18, 2));

create macro mean_money(amount, number) as money(half_up(cents(amount), number));

-- A mean of counts or days, two places.
create macro mean_of(numerator, denominator) as
    cast(
        cast(half_up(100 * cast(numerator as hugeint), denominator) as decimal(9, 0))
        * cast(0.01 as decimal(3, 2)) as decimal(9, 2)
    );

-- A part of a whole, six places.
create macro rate(numerator, denominator) as
    cast(
        cast(half_up(1000000 * cast(numerator as hugeint), denominator) as decimal(12, 0))
        * cast(0.000001 as decimal(7, 6)) as decimal(9, 6)
    );

-- A quotient that may be large or negative, six places.
create macro ratio(numerator, denominator) as
    cast(
        cast(half_up(1000000 * cast(numerator as hugeint), denominator) as decimal(18, 0))
        * cast(0.000001 as decimal(7, 6)) as decimal(18, 6)
    );

create macro growth(now, before) as ratio(cents(now) - cents(before), cents(before));

-- Shares in millionths of a millionth: with six places many shares would not add up to 1.
create macro share_units(numerator, denominator) as
    half_up(1000000000000 * cast(numerator as hugeint), denominator);

create macro as_share(units) as
    cast(
        cast(units as decimal(18, 0)) * cast(0.000000000001 as decimal(13, 12)) as decimal(18, 12)
    );

create macro share(numerator, denominator) as as_share(share_units(numerator, denominator));

create macro money_share(part, whole) as share(cents(part), cents(whole));

-- The two in the middle, which are the same one for an odd count, added up; null for no number.
create macro twice_median(numbers) as
    list_sort(numbers)[(len(numbers) + 1) // 2] + list_sort(numbers)[len(numbers) // 2 + 1];

create macro squared(number) as number * number;
