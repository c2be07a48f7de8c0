CREATE TABLE t (a text DEFAULT 'a_text_so_long_that_it_could_not_be_a_name_but_it_is_a_literal_and_stays');
