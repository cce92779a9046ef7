"""Names, cities and streets of eleven countries: the raw material of `orders.demo.people`; data only."""

from __future__ import annotations

from typing import NamedTuple


class Country(NamedTuple):
    """What people of one country are called and where they live.

    `share` is how many of a hundred customers live here. A city is (name, state code, postcode).
    `street_format` puts `{street}` and `{number}` in the country's order.
    """

    code: str
    share: int
    dial: str
    street_format: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[tuple[str, str, str], ...]


def words(text: str) -> tuple[str, ...]:
    """A comma-separated line as a tuple."""
    return tuple(word.strip() for word in text.split(","))


def cities(text: str) -> tuple[tuple[str, str, str], ...]:
    """Lines of `city/state/postcode`, comma-separated, as tuples."""
    return tuple((name, state, postcode) for name, state, postcode in (word.split("/") for word in words(text)))


COUNTRIES = (
    Country(
        "US",
        40,
        "+1",
        "{number} {street}",
        words(
            "James, Mary, Robert, Patricia, Michael, Linda, David, Elizabeth, William, Barbara, Richard, Susan,"
            "Joseph, Jessica, Thomas, Karen, Daniel, Lisa, Matthew, Ashley, Emily, Noah, Olivia, Ethan"
        ),
        words(
            "Smith, Johnson, Williams, Brown, Jones, Garcia, Miller, Davis, Martinez, Hernandez, Lopez, Wilson,"
            "Anderson, Thomas, Taylor, Moore, Jackson, Martin, Lee, Thompson, White, Harris, Clark, Lewis"
        ),
        words("Main St, Oak Ave, Maple Dr, Cedar Ln, Pine St, Washington Ave, Lake Rd, Hillcrest Dr, Elm St, 2nd Ave"),
        cities(
            "New York/NY/10001, Brooklyn/NY/11201, Los Angeles/CA/90012, San Francisco/CA/94103, Chicago/IL/60601,"
            "Houston/TX/77002, Austin/TX/78701, Phoenix/AZ/85003, Seattle/WA/98101, Denver/CO/80202,"
            "Boston/MA/02108, Atlanta/GA/30303, Miami/FL/33101, Portland/OR/97204, Nashville/TN/37203"
        ),
    ),
    Country(
        "GB",
        12,
        "+44",
        "{number} {street}",
        words("Oliver, Amelia, George, Isla, Harry, Ava, Jack, Emily, Charlie, Sophie, Alfie, Grace, Imogen, Callum"),
        words("Smith, Jones, Taylor, Evans, Walker, Wright, Robinson, Hughes, Green, Edwards, Clarke, O'Brien, Patel"),
        words(
            "High Street, Church Road, Station Road, Victoria Road, Mill Lane, Park Avenue, The Crescent, King Street"
        ),
        cities(
            "London//SW1A 2AA, Manchester//M2 5DB, Birmingham//B1 1BB, Leeds//LS1 4AP, Bristol//BS1 5TR,"
            "Edinburgh//EH1 1YZ, Cardiff//CF10 1EP, Liverpool//L1 8JQ"
        ),
    ),
    Country(
        "DE",
        10,
        "+49",
        "{street} {number}",
        words("Anna, Lukas, Jürgen, Sabine, Maximilian, Lea, Jörg, Katharina, Felix, Mia, Stefan, Ursula, Paul, Käthe"),
        words("Müller, Schmidt, Schneider, Fischer, Weber, Meyer, Wagner, Becker, Schäfer, Koch, Groß, Krüger, Vogel"),
        words("Hauptstraße, Bahnhofstraße, Gartenweg, Lindenallee, Schulstraße, Am Markt, Goethestraße, Bergstraße"),
        cities(
            "Berlin//10115, Hamburg//20095, München//80331, Köln//50667, Frankfurt am Main//60311,"
            "Stuttgart//70173, Leipzig//04109, Dresden//01067"
        ),
    ),
    Country(
        "CA",
        8,
        "+1",
        "{number} {street}",
        words("Liam, Charlotte, Benjamin, Chloé, Lucas, Zoé, Logan, Maëlle, Owen, Hannah, Nathan, Audrey"),
        words("Tremblay, Roy, Gagnon, Campbell, MacDonald, Singh, Wong, Bouchard, Côté, Morrison, Fraser, Lavoie"),
        words("Yonge Street, Maple Crescent, Rue Sherbrooke, King Street West, Granville Street, Portage Avenue"),
        cities(
            "Toronto/ON/M5H 2N2, Ottawa/ON/K1P 1J1, Montréal/QC/H2Y 1C6, Vancouver/BC/V6B 1A1, Calgary/AB/T2P 1J9,"
            "Halifax/NS/B3J 1S9, Winnipeg/MB/R3C 1A3"
        ),
    ),
    Country(
        "FR",
        7,
        "+33",
        "{number} {street}",
        words("Camille, Léa, Hugo, Manon, Théo, Élodie, Antoine, Inès, Jérôme, Noémie, François, Margaux"),
        words("Martin, Bernard, Dubois, Robert, Durand, Lefèvre, Moreau, Simon, Laurent, Girard, Fournier, Mercier"),
        words("rue de la Paix, avenue Victor Hugo, rue des Lilas, place du Marché, boulevard Voltaire, rue Pasteur"),
        cities(
            "Paris//75001, Lyon//69002, Marseille//13001, Toulouse//31000, Nantes//44000, Lille//59000, Bordeaux//33000"
        ),
    ),
    Country(
        "IT",
        5,
        "+39",
        "{street}, {number}",
        words("Giulia, Francesco, Sofia, Alessandro, Martina, Lorenzo, Chiara, Matteo, Nicolò, Beatrice, Elena, Marco"),
        words("Rossi, Russo, Ferrari, Esposito, Bianchi, Romano, Colombo, Ricci, Greco, Conti, D'Angelo, Gallo"),
        words("Via Roma, Via Garibaldi, Corso Italia, Via Dante, Piazza San Marco, Viale Europa"),
        cities("Roma/RM/00184, Milano/MI/20121, Torino/TO/10121, Napoli/NA/80133, Bologna/BO/40121, Firenze/FI/50122"),
    ),
    Country(
        "ES",
        5,
        "+34",
        "{street}, {number}",
        words("Lucía, Hugo, María, Martín, Paula, Álvaro, Sofía, Javier, Carmen, Diego, Inés, José"),
        words("García, Fernández, González, Rodríguez, López, Sánchez, Pérez, Gómez, Núñez, Ibáñez, Ruiz, Muñoz"),
        words("Calle Mayor, Calle de Alcalá, Avenida de la Constitución, Plaza España, Calle del Sol, Gran Vía"),
        cities(
            "Madrid/M/28013, Barcelona/B/08002, Valencia/V/46002, Sevilla/SE/41001, Zaragoza/Z/50001, Málaga/MA/29015"
        ),
    ),
    Country(
        "AU",
        5,
        "+61",
        "{number} {street}",
        words("Jack, Matilda, Cooper, Ruby, Lachlan, Zara, Angus, Poppy, Darcy, Tahlia, Hamish, Willow"),
        words("Smith, Nguyen, Kelly, Ryan, Murphy, Walsh, Chen, O'Connor, Mitchell, Stewart, Bailey, Fraser"),
        words("George Street, Collins Street, Beach Road, Flinders Lane, Wattle Avenue, Harbour Parade"),
        cities(
            "Sydney/NSW/2000, Melbourne/VIC/3000, Brisbane/QLD/4000, Perth/WA/6000, Adelaide/SA/5000, Hobart/TAS/7000"
        ),
    ),
    Country(
        "NL",
        3,
        "+31",
        "{street} {number}",
        words("Daan, Emma, Sem, Julia, Bram, Sanne, Lotte, Thijs, Fleur, Ruben, Anouk, Joost"),
        words("de Jong, Jansen, de Vries, van den Berg, Bakker, Visser, Smit, Meijer, Mulder, de Groot"),
        words("Kerkstraat, Dorpsstraat, Molenweg, Prinsengracht, Stationsplein, Julianalaan"),
        cities("Amsterdam//1012 JS, Rotterdam//3011 AA, Utrecht//3511 EP, Eindhoven//5611 EM, Groningen//9712 HN"),
    ),
    Country(
        "BR",
        3,
        "+55",
        "{street}, {number}",
        words("João, Ana, Pedro, Beatriz, Lucas, Letícia, Gabriel, Júlia, Rafael, Larissa, Thiago, Conceição"),
        words(
            "Silva, Santos, Oliveira, Souza, Lima, Pereira, Ferreira, Araújo, Carvalho, Gonçalves, Ribeiro, Assunção"
        ),
        words("Rua das Flores, Avenida Paulista, Rua Sete de Setembro, Avenida Atlântica, Rua do Comércio"),
        cities(
            "São Paulo/SP/01310-100, Rio de Janeiro/RJ/20040-002, Belo Horizonte/MG/30130-010, Curitiba/PR/80020-000,"
            "Salvador/BA/40020-000"
        ),
    ),
    Country(
        "JP",
        2,
        "+81",
        "{number} {street}",
        words("Haruto, Yui, Sota, Aoi, Ren, Hina, Yuto, Sakura, Kaito, Mei, Takashi, Keiko"),
        words("Sato, Suzuki, Takahashi, Tanaka, Watanabe, Ito, Yamamoto, Nakamura, Kobayashi, Saito"),
        words("Chuo, Honcho, Sakae, Marunouchi, Midori, Asahi"),
        cities(
            "Tokyo/JP13/100-0001, Osaka/JP27/530-0001, Kyoto/JP26/600-8001, Sapporo/JP01/060-0001,Fukuoka/JP40/810-0001"
        ),
    ),
)
